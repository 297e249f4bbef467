#include "cli/waiting.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "cli/interrupts.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::Experiment;
using experiment::State;

// A call is held at most so long, so that Ctrl-C is noticed.
constexpr absl::Duration kHold = absl::Milliseconds(500);

// Reads on from `*seen` to the present end; waits at most `hold` for the first.
absl::Status NextEvents(Connection& connection, absl::Duration hold, int64_t* seen) {
  while (true) {
    ASSIGN_OR_RETURN(const auto events, connection.house->queue().Watch(connection.project, *seen, hold));
    if (events.empty()) return absl::OkStatus();
    *seen = events.back().sequence;
    hold = absl::ZeroDuration();
  }
}

// How many have ended; each is told once.
size_t TellEnded(const Context& context, const std::vector<Experiment>& experiments, std::set<std::string>* told) {
  size_t ended = 0;
  for (const Experiment& e : experiments) {
    if (!HasEnded(e)) continue;
    ++ended;
    if (!told->insert(e.id.value).second) continue;
    std::string line = EndedLine(e);
    line.pop_back();
    context.terminal.Detail(line);
  }
  return ended;
}

// Says which of them is not there any more.
absl::Status Removed(Connection& connection, const std::vector<Experiment>& experiments) {
  for (const Experiment& e : experiments) {
    const auto found = connection.house->queue().List({.project = connection.project, .selectors = {e.id.value}});
    if (absl::IsNotFound(found.status())) {
      return absl::NotFoundError(absl::StrCat("experiment '", e.name, "' was removed"));
    }
  }
  return absl::NotFoundError("an experiment was removed");
}

}  // namespace

bool HasEnded(const Experiment& e) {
  return e.state == State::kSucceeded || e.state == State::kFailed || e.state == State::kCancelled;
}

bool AllSucceeded(const std::vector<Experiment>& experiments) {
  for (const Experiment& e : experiments) {
    if (e.state != State::kSucceeded) return false;
  }
  return true;
}

std::vector<std::string> IdsOf(const std::vector<Experiment>& experiments) {
  std::vector<std::string> ids;
  ids.reserve(experiments.size());
  for (const Experiment& e : experiments) ids.push_back(e.id.value);
  return ids;
}

std::string EndedLine(const Experiment& e) {
  const std::string why = e.error.empty() ? "" : absl::StrCat(": ", StripControl(e.error));
  return absl::StrCat(experiment::Name(e.state), " ", e.name, why, "\n");
}

absl::StatusOr<std::vector<Experiment>> WaitFor(const Context& context, Connection& connection,
                                                const std::vector<std::string>& selectors) {
  Interrupts interrupts(nullptr);
  // They keep their ids, whatever they are called later.
  ASSIGN_OR_RETURN(std::vector<Experiment> last,
                   connection.house->queue().List({.project = connection.project, .selectors = selectors}));
  const std::vector<std::string> ids = IdsOf(last);
  std::set<std::string> told;
  int64_t seen = 0;
  // Catch up with what was before, so that a later event is news.
  RETURN_IF_ERROR(NextEvents(connection, absl::ZeroDuration(), &seen));
  while (true) {
    auto now = connection.house->queue().List({.project = connection.project, .selectors = ids});
    if (absl::IsNotFound(now.status())) return Removed(connection, last);
    RETURN_IF_ERROR(now.status());
    if (TellEnded(context, *now, &told) == now->size()) return now;
    last = *std::move(now);
    const int64_t before = seen;
    while (seen == before) {
      if (interrupts.Interrupted()) return absl::CancelledError("interrupted; the experiments go on");
      RETURN_IF_ERROR(NextEvents(connection, kHold, &seen));
    }
  }
}

}  // namespace expq::cli
