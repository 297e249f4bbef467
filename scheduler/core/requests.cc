#include "scheduler/core/requests.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/core/names.h"
#include "scheduler/core/transition.h"

namespace expq::core {

using experiment::State;

absl::StatusOr<Entry> DecideCancel(const Entry& entry, absl::Time now) {
  return Transition(entry, CancelRequested{.at = now});
}

absl::StatusOr<Entry> DecideRetry(const Entry& entry) {
  auto retried = Transition(entry, RetryRequested{});
  if (retried.ok()) return retried;
  return status::WithHint(retried.status(), "only failed and cancelled experiments can be retried");
}

absl::Status DecideRemove(const Entry& entry) {
  if (entry.state != State::kRunning) return absl::OkStatus();
  return status::WithHint(
      absl::FailedPreconditionError(absl::StrCat("experiment '", entry.name, "' is running: it cannot be removed")),
      absl::StrCat("expq cancel ", entry.name));
}

absl::StatusOr<Entry> DecideRename(const Entry& entry, const std::string& name, bool taken) {
  if (name == entry.name) return entry;
  RETURN_IF_ERROR(CheckName(name));
  if (taken) return absl::AlreadyExistsError(absl::StrCat("experiment '", name, "' exists already on that baseline"));
  return Transition(entry, Renamed{.name = name});
}

absl::StatusOr<Entry> DecidePriority(const Entry& entry, int priority) {
  if (entry.state == State::kSucceeded) {
    return absl::FailedPreconditionError(
        absl::StrCat("experiment '", entry.name, "' has succeeded: it will not run again"));
  }
  Entry after = entry;
  after.priority = priority;
  return after;
}

absl::StatusOr<Entry> DecideMeant(const std::string& name, const std::vector<Entry>& matches) {
  const Entry* open = nullptr;
  for (const Entry& entry : matches) {
    if (IsFinished(entry.state)) continue;
    if (open != nullptr) {
      return status::WithHint(
          absl::FailedPreconditionError(absl::StrCat("two experiments named '", name, "' are not finished")),
          absl::StrCat("use an id: ", open->id.value, " or ", entry.id.value));
    }
    open = &entry;
  }
  if (open != nullptr) return *open;
  return *std::ranges::max_element(matches, {}, [](const Entry& e) { return e.sequence; });
}

}  // namespace expq::core
