// Moving data between the cache and DVC remotes that are folders: what push, fetch and pull share.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/data_site.h"
#include "cli/options.h"
#include "common/blob/directory_remote.h"

namespace expq::cli {

struct RemoteOptions {
  std::vector<std::string> targets;  // as typed
  std::string remote;                // "" = the default one
  int jobs = 0;                      // 0 = as the remote's configuration says, else a few
  bool all_branches = false;
  bool all_tags = false;
  bool all_commits = false;
  bool with_deps = false;
  bool recursive = false;
  bool run_cache = false;
  bool no_run_cache = false;
  bool glob = false;
  // Of fetch.
  std::vector<std::string> types;  // "metrics", "plots": only outputs that are, or hold, such; none = all
  int64_t max_size = 0;            // only outputs of less than so many bytes; 0 = any size

  void Declare(OptionTable& table, absl::string_view verb);
};

enum class Direction { kPush, kFetch };

struct TransferResult {
  int64_t files = 0;  // objects and run cache entries
  int64_t bytes = 0;
  std::vector<std::string> missing;  // "PATH (digest)": neither here nor there
  int64_t damaged = 0;               // objects that could not be copied; each has been named
};

// The folder behind a remote. FailedPrecondition when it is of another kind, naming the configuration.
absl::StatusOr<blob::DirectoryRemote> OpenRemote(const Context& context, const DataSite& site, const std::string& name);
absl::StatusOr<blob::DirectoryRemote> OpenRemote(const Context& context, const config::Config& config,
                                                 const std::string& name);

// Copies what the other side lacks; nothing is changed in the workspace. `options.targets` are expanded in place. What
// is damaged is passed over, with a warning for each.
absl::StatusOr<TransferResult> MoveData(const Context& context, DataSite& site, Direction direction,
                                        RemoteOptions& options);

// Error of a command that could not move everything; OK when it could.
absl::Status FailureOf(const TransferResult& result, Direction direction);

}  // namespace expq::cli
