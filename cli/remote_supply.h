// What `--pull` gets data from: the repository's default DVC remote, and the others for what that one lacks, since an
// output may say `remote: NAME`.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "common/blob/cache.h"
#include "common/blob/directory_remote.h"
#include "common/pipeline/executor.h"
#include "common/sync/sync.h"

namespace expq::cli {

class RemoteSupply : public pipeline::DataSupply {
 public:
  // As the configuration of the DVC repository at `root` names them. NotFound when none is configured, Unimplemented
  // when the default one is no folder. Context and cache outlive it.
  static absl::StatusOr<std::unique_ptr<RemoteSupply>> Open(const Context& context, const std::string& root,
                                                            blob::Cache& cache, const sync::StopToken& stop);

  absl::Status Fetch(const std::vector<digest::Digest>& digests) override;
  absl::Status FetchRunCache() override;
  // Puts the data of these sources in place where the workspace at `root` lacks it and it can be had.
  absl::Status FetchSources(const std::vector<const pipeline::DataSource*>& sources);

 private:
  RemoteSupply(const Context& context, std::string root, blob::Cache& cache, std::vector<blob::DirectoryRemote> remotes,
               bool has_default, bool group_shared, sync::StopToken stop)
      : context_(context),
        root_(std::move(root)),
        cache_(cache),
        remotes_(std::move(remotes)),
        has_default_(has_default),
        group_shared_(group_shared),
        stop_(std::move(stop)) {}

  // What is still missing then.
  absl::StatusOr<std::vector<digest::Digest>> FetchFrom(const blob::DirectoryRemote& remote,
                                                        const std::vector<digest::Digest>& wanted,
                                                        absl::Status& damage);

  const Context& context_;
  const std::string root_;
  blob::Cache& cache_;
  const std::vector<blob::DirectoryRemote> remotes_;  // the default one first
  const bool has_default_;
  const bool group_shared_;  // the cache is
  const sync::StopToken stop_;
};

// The same, for those who need no more than a supply.
absl::StatusOr<std::unique_ptr<pipeline::DataSupply>> SupplyOf(const Context& context, const std::string& root,
                                                               blob::Cache& cache, const sync::StopToken& stop);
// The error that Open would give.
absl::Status CheckRemote(const Context& context, const std::string& root);

}  // namespace expq::cli
