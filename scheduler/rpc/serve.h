// The scheduler daemon: store, git, blobs and scheduler wired together and served.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
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

// Serves until `stop`. FailedPrecondition when another scheduler serves the same data folder.
absl::Status Serve(const ServeOptions& options, const sync::StopToken& stop);

}  // namespace expq::rpc
