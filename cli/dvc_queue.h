// What DVC has queued itself (`dvc exp run --queue`), for people who come from there. expq never runs it: which targets
// and options it has stands in a Python pickle, which nobody should open. What its params are stands in git.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/place.h"

namespace expq::cli {

struct DvcTask {
  std::string name;
  experiment::CommitId baseline;
  std::vector<std::string> overrides;  // what -S takes to get its params from the baseline's
  std::vector<std::string> others;     // files that differ from the baseline's in another way
};

// Oldest first. Entries that are not DVC's are left out.
absl::StatusOr<std::vector<DvcTask>> ReadDvcTasks(const Place& place);

// A line a task that submits the same here, with comments on what it cannot say.
std::string DvcTasksAsCommands(const Place& place, const std::vector<DvcTask>& tasks);

// One line when there are any.
void RemarkOnDvcTasks(const Context& context, const Place& place);

}  // namespace expq::cli
