#include "cli/remote_supply.h"

#include "absl/strings/str_cat.h"
#include "cli/data_remote.h"
#include "cli/dvc_config.h"
#include "common/blob/partial_transfer.h"
#include "common/blob/run_folder.h"
#include "common/status/status.h"

namespace expq::cli {

absl::StatusOr<std::unique_ptr<RemoteSupply>> RemoteSupply::Open(const Context& context, const std::string& root,
                                                                 blob::Cache& cache, const sync::StopToken& stop) {
  ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, root));
  ASSIGN_OR_RETURN(blob::DirectoryRemote remote, OpenRemote(context, config, ""));
  return std::unique_ptr<RemoteSupply>(
      new RemoteSupply(context, root, cache, std::move(remote), config.cache.shared, stop));
}

absl::Status RemoteSupply::Fetch(const std::vector<digest::Digest>& digests) {
  blob::TransferRequest request{.stop = stop_};
  for (const digest::Digest& digest : digests) request.parts.push_back({.digest = digest, .within = ""});
  ASSIGN_OR_RETURN(const blob::TransferReport report, blob::TransferPresent(request, remote_, cache_));
  if (report.absent.empty()) return report.Damage();
  // What DVC 2 recorded lies elsewhere.
  blob::TransferRequest old{.stop = stop_};
  for (const blob::TransferReport::Object& absent : report.absent) {
    if (!cache_.HasAll(absent.wanted)) old.parts.push_back({.digest = absent.wanted, .within = ""});
  }
  if (old.parts.empty()) return report.Damage();
  blob::DirectoryRemote there(context_.fs, remote_.root(), remote_.group_shared(), blob::Layout::kOld);
  blob::DirectoryRemote here(context_.fs, cache_.root(), group_shared_, blob::Layout::kOld);
  ASSIGN_OR_RETURN(const blob::TransferReport rest, blob::TransferPresent(old, there, here));
  cache_.LookForOldAgain();
  RETURN_IF_ERROR(report.Damage());
  RETURN_IF_ERROR(rest.Damage());
  if (rest.absent.empty()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(remote_.root(), " has no ", rest.absent.front().digest.text()));
}

absl::Status RemoteSupply::FetchRunCache() {
  return blob::CopyRuns(context_.fs, remote_.root(), cache_.root(), group_shared_).status();
}

absl::Status RemoteSupply::FetchSources(const std::vector<const pipeline::DataSource*>& sources) {
  for (const pipeline::DataSource* source : sources) {
    const std::string path = fs::Join(root_, source->path);
    if (!source->digest.has_value() || context_.fs.Exists(path)) continue;
    const absl::Status fetched = Fetch({*source->digest});
    if (absl::IsNotFound(fetched)) continue;  // the stages that read it will say so
    RETURN_IF_ERROR(fetched);
    RETURN_IF_ERROR(context_.fs.MakeDirs(fs::Dirname(path)));
    RETURN_IF_ERROR(cache_.Checkout(*source->digest, path, source->is_exec));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<pipeline::DataSupply>> SupplyOf(const Context& context, const std::string& root,
                                                               blob::Cache& cache, const sync::StopToken& stop) {
  ASSIGN_OR_RETURN(std::unique_ptr<RemoteSupply> supply, RemoteSupply::Open(context, root, cache, stop));
  return supply;
}

absl::Status CheckRemote(const Context& context, const std::string& root) {
  ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, root));
  return OpenRemote(context, config, "").status();
}

}  // namespace expq::cli
