#include "scheduler/core/grants.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "scheduler/core/limits.h"

namespace expq::core {
namespace {

using experiment::ExperimentId;
using experiment::Offer;
using experiment::Satisfies;

// `offer` less what the entry holds, but the GPUs; may go below zero, which then satisfies nothing.
void TakeAway(Offer& offer, const Entry& entry) {
  offer.slots -= 1;
  offer.cpus -= entry.need.cpus;
  offer.memory -= entry.need.memory;
}

bool CanServe(const Session& session, const Entry& entry) {
  return session.state == SessionState::kAlive && !session.draining && !session.drain_requested &&
         Serves(session, entry.project) && Satisfies(session.total, entry.need);
}

// The emptiest agent that could serve the entry: it keeps being that while it is held, because it only gets emptier.
bool IsHeldFor(const GrantQuestion& question, const Entry& entry) {
  auto emptiness = [](const Session& s, const Offer& free) {
    return std::tuple(free.gpu_ids.size(), free.cpus, free.memory, free.slots, s.id.value);
  };
  auto mine = emptiness(*question.agent, question.available);
  return std::ranges::none_of(question.fleet, [&](const Session& other) {
    return other.id != question.agent->id && CanServe(other, entry) && emptiness(other, other.free) > mine;
  });
}

}  // namespace

Offer Available(const experiment::SyncReport& report, const std::vector<const Entry*>& live) {
  std::set<std::pair<ExperimentId, int>> shown;
  for (const auto& attempt : report.attempts) shown.emplace(attempt.experiment, attempt.attempt);
  Offer free = report.free;
  Offer rest = report.total;
  for (const Entry* entry : live) {
    TakeAway(rest, *entry);
    if (!shown.contains({entry->id, entry->attempt})) TakeAway(free, *entry);
    // A GPU of a live attempt is taken, whatever the report says.
    std::erase_if(free.gpu_ids,
                  [&](const std::string& id) { return std::ranges::find(entry->gpu_ids, id) != entry->gpu_ids.end(); });
  }
  free.slots = std::min(free.slots, rest.slots);
  free.cpus = std::min(free.cpus, rest.cpus);
  free.memory = std::min(free.memory, rest.memory);
  return free;
}

GrantAnswer DecideGrants(const GrantQuestion& question) {
  GrantAnswer answer;
  Offer free = question.available;
  for (size_t i = 0; i < question.queue->size() && free.slots > 0; ++i) {
    const Entry& entry = (*question.queue)[i];
    if (!CanServe(*question.agent, entry)) continue;
    if (Satisfies(free, entry.need)) {
      Grant grant{.index = i, .gpu_ids = {}};
      free = Subtract(free, entry.need, &grant.gpu_ids);
      answer.grants.push_back(std::move(grant));
    } else if (question.now - entry.created >= kHoldAfter && IsHeldFor(question, entry)) {
      answer.held_for = entry.id;
      break;
    }
  }
  answer.rest = std::move(free);
  return answer;
}

}  // namespace expq::core
