// Parts of a tracked folder are recorded as they are now; all else of the folder as it was recorded before.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/data_site.h"
#include "common/pipeline/data_file.h"

namespace expq::cli {

// What becomes of the bytes.
enum class Keeping {
  kHashOnly,  // nothing: they are only recorded
  kCopy,      // they go into the cache
  kLink,      // and the workspace's files become links to it, as configured
};

// Of the file or folder at `path` (absolute).
absl::StatusOr<blob::Content> Keep(DataSite& site, const std::string& path, Keeping how);

// Of these parts of a folder, none inside another; one that is gone is taken out. NotFound when it is neither there nor
// recorded, FailedPrecondition when the source is a file.
absl::StatusOr<pipeline::DataRecord> KeepParts(const Context& context, DataSite& site,
                                               const pipeline::DataSource& source,
                                               const std::vector<std::string>& parts, Keeping how);

// Whether DVC would look in vain for that digest where DVC 2 had it: then it has to be recorded as of today.
bool IsGoneForDvc2(const Context& context, DataSite& site, const digest::Digest& digest, bool is_old);

}  // namespace expq::cli
