// The changes of one decision, collected and then written at once: rows, released dependents, and an event each.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "scheduler/store/store.h"

namespace expq::scheduler {

// Lives within one store operation.
class Books {
 public:
  Books(store::Transaction& rows, absl::Time now) : rows_(rows), now_(now) {}

  // Reads do not see what is not yet written.
  store::Transaction& rows() { return rows_; }
  absl::Time now() const { return now_; }

  // `before` became `after`. An empty `what` records no event.
  void Change(const core::Entry& before, core::Entry after, absl::string_view what, std::string detail = "");
  // Something to tell about an entry whose row is written elsewhere.
  void Tell(const core::Entry& entry, absl::string_view what, std::string detail = "");

  // Writes all that was collected.
  absl::Status Write();
  // True when Write wrote an event: somebody may wait for it.
  bool told() const { return told_; }

 private:
  store::Transaction& rows_;
  const absl::Time now_;
  std::vector<store::Change> changes_;
  std::vector<store::EventRow> events_;
  std::vector<experiment::ExperimentId> succeeded_;
  bool told_ = false;
};

// "requeued", "succeeded", …: what happened to an entry that an outcome or a lost lease brought into this state.
absl::string_view WhatHappened(const core::Entry& after);

}  // namespace expq::scheduler
