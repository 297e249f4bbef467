// Which experiments the words on a command line mean.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/experiment/interfaces.h"
#include "scheduler/store/store.h"

namespace expq::scheduler {

// A name, an id, a unique prefix of an id or of a result's revision. NotFound with a near name as hint.
absl::StatusOr<core::Entry> Resolve(store::Reader& rows, const experiment::ProjectName& project,
                                    const std::string& selector);

// Each once, in submission order.
absl::StatusOr<std::vector<core::Entry>> ResolveAll(store::Reader& rows, const experiment::ProjectName& project,
                                                    const std::vector<std::string>& selectors);

// The named ones, and of the groups (failed, queued, all) those that `fits`: a group never meets a refusal for what it
// does not mean. InvalidArgument for an empty selection.
absl::StatusOr<std::vector<core::Entry>> Select(store::Reader& rows, const experiment::Selection& selection,
                                                absl::FunctionRef<bool(const core::Entry&)> fits);

}  // namespace expq::scheduler
