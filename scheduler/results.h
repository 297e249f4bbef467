// Successes on their way into the books: checked and published before the row says so.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "common/blob/blob_store.h"
#include "common/experiment/interfaces.h"
#include "scheduler/store/store.h"

namespace expq::scheduler {

// One Sync's successes. A result is published (its ref, after its objects) outside the transaction: git is slow, and a
// row that says "succeeded" without a ref would be a lie after a crash, while a ref without a row is repeated or
// dropped.
class Results {
 public:
  Results(store::Store& store, experiment::Records& records, blob::BlobStore& blobs)
      : store_(store), records_(records), blobs_(blobs) {}

  // Publishes every success of the report that would be accepted now and is complete.
  absl::Status Publish(const experiment::SyncReport& report);

  // The outcome to record for that report, or null when it cannot be accepted yet: the agent repeats it until the
  // commit and all blobs are here. A success whose name was taken in the meantime has become a failure.
  const experiment::Outcome* Acceptable(const core::Entry& entry, const experiment::AttemptReport& report) const;

  // After the commit: drops published results whose row did not become a success after all (a cancel was first).
  // `recorded`: those that did in this call.
  absl::Status DropUnwanted(const std::vector<experiment::ExperimentId>& recorded);

 private:
  bool IsComplete(const core::Entry& entry, const experiment::Outcome& outcome);

  store::Store& store_;
  experiment::Records& records_;
  blob::BlobStore& blobs_;
  std::map<std::pair<experiment::ExperimentId, int>, experiment::Outcome> ready_;
  std::vector<experiment::Experiment> published_;
};

}  // namespace expq::scheduler
