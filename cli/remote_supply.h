// What `--pull` gets data from: the repository's default DVC remote.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "common/blob/cache.h"
#include "common/blob/directory_remote.h"
#include "common/pipeline/executor.h"
#include "common/sync/sync.h"

namespace expq::cli {

class RemoteSupply : public pipeline::DataSupply {
 public:
  // As the configuration of the DVC repository at `root` names it. NotFound when none is configured, Unimplemented when
  // it is no folder. Context and cache outlive it.
  static absl::StatusOr<std::unique_ptr<RemoteSupply>> Open(const Context& context, const std::string& root,
                                                            blob::Cache& cache, const sync::StopToken& stop);

  absl::Status Fetch(const std::vector<digest::Digest>& digests) override;
  absl::Status FetchRunCache() override;
  // Puts the data of these sources in place where the workspace at `root` lacks it and it can be had.
  absl::Status FetchSources(const std::vector<const pipeline::DataSource*>& sources);

 private:
  RemoteSupply(const Context& context, std::string root, blob::Cache& cache, blob::DirectoryRemote remote,
               bool group_shared, sync::StopToken stop)
      : context_(context),
        root_(std::move(root)),
        cache_(cache),
        remote_(std::move(remote)),
        group_shared_(group_shared),
        stop_(std::move(stop)) {}

  const Context& context_;
  const std::string root_;
  blob::Cache& cache_;
  blob::DirectoryRemote remote_;
  const bool group_shared_;  // the cache is
  const sync::StopToken stop_;
};

// The same, for those who need no more than a supply.
absl::StatusOr<std::unique_ptr<pipeline::DataSupply>> SupplyOf(const Context& context, const std::string& root,
                                                               blob::Cache& cache, const sync::StopToken& stop);
// The error that Open would give.
absl::Status CheckRemote(const Context& context, const std::string& root);

}  // namespace expq::cli
