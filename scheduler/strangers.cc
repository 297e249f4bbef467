#include "scheduler/strangers.h"

#include <algorithm>

#include "common/status/status.h"
#include "scheduler/core/limits.h"

namespace expq::scheduler {

using experiment::ExperimentId;

std::vector<ExperimentId> Strangers::Unknown(const std::vector<ExperimentId>& ids) const {
  sync::MutexLock lock(mutex_);
  std::vector<ExperimentId> unknown;
  for (const ExperimentId& id : ids) {
    if (unknown.size() < core::kMaxKept && !ids_.contains(id)) unknown.push_back(id);
  }
  return unknown;
}

void Strangers::Note(const ExperimentId& id) {
  sync::MutexLock lock(mutex_);
  if (ids_.size() >= core::kMaxStrangers) ids_.clear();
  ids_.insert(id);
}

absl::StatusOr<std::vector<ExperimentId>> Strangers::FindRemoved(store::Store& store,
                                                                 const std::vector<ExperimentId>& ids) {
  const std::vector<ExperimentId> asked = Unknown(ids);
  std::vector<ExperimentId> removed;
  if (asked.empty()) return removed;
  RETURN_IF_ERROR(store.Read([&](store::Reader& rows) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<core::Entry> there, rows.Load(asked));
    int looked = 0;
    for (const ExperimentId& id : asked) {
      if (std::ranges::find(there, id, [](const core::Entry& e) { return e.id; }) != there.end()) continue;
      if (++looked > core::kMaxLooks) break;
      ASSIGN_OR_RETURN(const bool known, rows.Remembers(id));
      if (known) {
        removed.push_back(id);
      } else {
        Note(id);
      }
    }
    return absl::OkStatus();
  }));
  return removed;
}

}  // namespace expq::scheduler
