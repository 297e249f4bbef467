// The whole history of a commit as one pack, for a scheduler that has nothing of it yet.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "cli/context.h"
#include "common/git/repository.h"

namespace expq::cli {

// Writes it to the file `path`, which is absent. By the user's own git where that stands: it takes the deltas that are
// there, where libgit2 searches them anew (2,600 objects a second: a minute for a history of middling size). Says what
// is happening, for it may take long; git shows its own progress on a terminal.
absl::Status PackHistory(const Context& context, const git::Repository& repository, const experiment::CommitId& commit,
                         const std::string& path);

}  // namespace expq::cli
