// Whether the books and git's refs tell the same story.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/recovery/rebuild.h"
#include "scheduler/store/store.h"

namespace expq::recovery {

// One line for each problem: a submission's ref without rows or rows without their ref, a result's commit that is gone.
// `projects`: those whose repositories there are. May run beside a scheduler that serves.
absl::StatusOr<std::vector<std::string>> Check(store::Store& store, const std::vector<Project>& projects);

}  // namespace expq::recovery
