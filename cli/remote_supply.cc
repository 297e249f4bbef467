#include "cli/remote_supply.h"

#include "absl/strings/str_cat.h"
#include "cli/data_remote.h"
#include "cli/dvc_config.h"
#include "common/blob/partial_transfer.h"
#include "common/blob/run_folder.h"
#include "common/status/status.h"

namespace expq::cli {

absl::StatusOr<std::unique_ptr<RemoteSupply>> RemoteSupply::Open(const Context& context, Workshop& shop,
                                                                 const sync::StopToken& stop) {
  ASSIGN_OR_RETURN(const config::Config config, ReadDvcConfig(context.fs, context.environment, shop.place.dvc_root));
  ASSIGN_OR_RETURN(blob::DirectoryRemote remote, OpenRemote(context, config, ""));
  return std::unique_ptr<RemoteSupply>(new RemoteSupply(context, shop, std::move(remote), stop));
}

absl::Status RemoteSupply::Fetch(const std::vector<digest::Digest>& digests) {
  blob::TransferRequest request{.stop = stop_};
  for (const digest::Digest& digest : digests) request.parts.push_back({.digest = digest, .within = ""});
  ASSIGN_OR_RETURN(const blob::TransferReport report, blob::TransferPresent(request, remote_, *shop_.cache));
  if (report.absent.empty()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(remote_.root(), " has no ", report.absent.front().digest.text()));
}

absl::Status RemoteSupply::FetchRunCache() {
  return blob::CopyRuns(context_.fs, remote_.root(), shop_.cache->root()).status();
}

absl::Status RemoteSupply::FetchSources(const std::vector<const pipeline::DataSource*>& sources) {
  for (const pipeline::DataSource* source : sources) {
    const std::string path = fs::Join(shop_.place.dvc_root, source->path);
    if (!source->digest.has_value() || context_.fs.Exists(path)) continue;
    const absl::Status fetched = Fetch({*source->digest});
    if (absl::IsNotFound(fetched)) continue;  // the stages that read it will say so
    RETURN_IF_ERROR(fetched);
    RETURN_IF_ERROR(context_.fs.MakeDirs(fs::Dirname(path)));
    RETURN_IF_ERROR(shop_.cache->Checkout(*source->digest, path, source->is_exec));
  }
  return absl::OkStatus();
}

}  // namespace expq::cli
