// Who gets what: the queue's order against what an agent has free. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/experiment/interfaces.h"
#include "scheduler/core/entry.h"

namespace expq::core {

// What may still be granted to the reporter: what it says is free, less what was granted to it and its report does not
// show yet, and never more than its total less all that it holds. `live`: every running entry of its session.
experiment::Offer Available(const experiment::SyncReport& report, const std::vector<const Entry*>& live);

struct GrantQuestion {
  const Session* agent = nullptr;             // who asks
  experiment::Offer available;                // of it
  std::vector<Session> fleet;                 // all sessions that are alive; `agent` may be among them
  const std::vector<Entry>* queue = nullptr;  // queued and ready, in queue order (Before)
  absl::Time now;                             // wall time: a jump only makes holding begin early or late
};

struct Grant {
  size_t index = 0;  // in `queue`
  std::vector<std::string> gpu_ids;
};

struct GrantAnswer {
  std::vector<Grant> grants;
  // Nothing later in the queue was granted, because the agent is being emptied for this one.
  std::optional<experiment::ExperimentId> held_for;
  experiment::Offer rest;  // what is still free then
};

// In queue order, all that fits. A request that fits no free part but the whole agent is passed over, until it waited
// kHoldAfter: then one agent (the emptiest that could serve it) is held for it.
GrantAnswer DecideGrants(const GrantQuestion& question);

}  // namespace expq::core
