// The scheduler daemon: store, git, blobs and scheduler wired together and served.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"
#include "common/sync/sync.h"

namespace expq::rpc {

struct ServeOptions {
  std::string listen = "127.0.0.1:7070";
  std::string data_dir;
  std::string cache_dir;  // one DVC cache for all projects; empty = one a project below data_dir
  std::string info_file;  // written once it serves: {"version":1,"address":…,"pid":…}; empty = none
  absl::Duration lease = absl::Seconds(60);
  // Called with the address once it serves.
  std::function<void(const std::string& address)> ready;
};

// Makes the folder where it is not there, and holds it: FailedPrecondition when another scheduler serves it.
absl::StatusOr<std::unique_ptr<fs::FileLock>> LockData(fs::Filesystem& fs, const std::string& data_dir);

// Serves until `stop`. FailedPrecondition when another scheduler serves the same data folder.
absl::Status Serve(const ServeOptions& options, const sync::StopToken& stop);

}  // namespace expq::rpc
