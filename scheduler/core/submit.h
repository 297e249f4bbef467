// What may be submitted. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/experiment/interfaces.h"
#include "scheduler/core/entry.h"

namespace expq::core {

// What is there already that a submission might clash with.
struct Taken {
  std::vector<Entry> entries;                 // with one of its names, on its baselines
  std::vector<std::string> results;           // names of finished results on those baselines that have no entry
  std::vector<experiment::ExperimentId> ids;  // ids of its experiments that exist already
};

struct SubmitDecision {
  std::vector<Entry> queued;  // sequence is the store's to give
  std::vector<Entry>
      replaced;  // finished ones of the same name: they leave the books, their results stay until replaced
};

// Refuses bad input alone: ids, names, counts, the same name twice (InvalidArgument).
absl::Status CheckSubmit(const experiment::SubmitRequest& request);

// All or nothing. AlreadyExists names the experiment in the way and its state. Requires CheckSubmit.
absl::StatusOr<SubmitDecision> DecideSubmit(const experiment::SubmitRequest& request, const Taken& taken,
                                            absl::Time now);

}  // namespace expq::core
