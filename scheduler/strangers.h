// Experiments that an agent keeps something of and that this scheduler never had: another one's. To find out takes a
// look at all events, so the answer is remembered.
#pragma once

#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "common/experiment/experiment.h"
#include "common/sync/sync.h"
#include "scheduler/store/store.h"

namespace expq::scheduler {

// Thread-safe.
class Strangers {
 public:
  // Those of `ids` that the store once had and has no longer: they were removed.
  absl::StatusOr<std::vector<experiment::ExperimentId>> FindRemoved(store::Store& store,
                                                                    const std::vector<experiment::ExperimentId>& ids);

 private:
  std::vector<experiment::ExperimentId> Unknown(const std::vector<experiment::ExperimentId>& ids) const;
  void Note(const experiment::ExperimentId& id);

  mutable sync::Mutex mutex_;
  std::set<experiment::ExperimentId> ids_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::scheduler
