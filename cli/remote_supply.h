// What `repro --pull` gets data from: the repository's default DVC remote.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/workshop.h"
#include "common/blob/directory_remote.h"
#include "common/pipeline/executor.h"
#include "common/sync/sync.h"

namespace expq::cli {

class RemoteSupply : public pipeline::DataSupply {
 public:
  // NotFound when no remote is configured, Unimplemented when it is no folder. Context and workshop outlive it.
  static absl::StatusOr<std::unique_ptr<RemoteSupply>> Open(const Context& context, Workshop& shop,
                                                            const sync::StopToken& stop);

  absl::Status Fetch(const std::vector<digest::Digest>& digests) override;
  absl::Status FetchRunCache();
  // Puts the data of these sources in place where the workspace lacks it and it can be had.
  absl::Status FetchSources(const std::vector<const pipeline::DataSource*>& sources);

 private:
  RemoteSupply(const Context& context, Workshop& shop, blob::DirectoryRemote remote, sync::StopToken stop)
      : context_(context), shop_(shop), remote_(std::move(remote)), stop_(std::move(stop)) {}

  const Context& context_;
  Workshop& shop_;
  blob::DirectoryRemote remote_;
  const sync::StopToken stop_;
};

}  // namespace expq::cli
