#include "cli/remote_supply.h"

#include <algorithm>

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
  std::vector<blob::DirectoryRemote> remotes;
  absl::StatusOr<blob::DirectoryRemote> usual = OpenRemote(context, config, "");
  const bool has_default = usual.ok();
  if (has_default) remotes.push_back(std::move(*usual));
  for (const auto& [name, remote] : config.remotes) {
    absl::StatusOr<blob::DirectoryRemote> other = OpenRemote(context, config, name);
    if (other.ok() && (!has_default || other->root() != remotes[0].root())) remotes.push_back(std::move(*other));
  }
  const bool is_elsewhere = !has_default && !absl::IsNotFound(usual.status());
  if (is_elsewhere || remotes.empty()) return usual.status();
  return std::unique_ptr<RemoteSupply>(
      new RemoteSupply(context, root, cache, std::move(remotes), has_default, config.cache.shared, stop));
}

absl::Status RemoteSupply::Fetch(const std::vector<digest::Digest>& digests) {
  std::vector<digest::Digest> wanted = digests;
  absl::Status damage;
  for (const blob::DirectoryRemote& remote : remotes_) {
    ASSIGN_OR_RETURN(wanted, FetchFrom(remote, wanted, damage));
    if (wanted.empty()) return damage;
  }
  RETURN_IF_ERROR(damage);
  return absl::NotFoundError(absl::StrCat(remotes_[0].root(), " has no ", wanted.front().text()));
}

absl::StatusOr<std::vector<digest::Digest>> RemoteSupply::FetchFrom(const blob::DirectoryRemote& remote,
                                                                    const std::vector<digest::Digest>& wanted,
                                                                    absl::Status& damage) {
  blob::TransferRequest request{.stop = stop_};
  for (const digest::Digest& digest : wanted) request.parts.push_back({.digest = digest, .within = ""});
  blob::DirectoryRemote today(context_.fs, remote.root(), remote.group_shared());
  ASSIGN_OR_RETURN(const blob::TransferReport report, blob::TransferPresent(request, today, cache_));
  damage.Update(report.Damage());
  // What DVC 2 recorded lies elsewhere.
  blob::TransferRequest old{.stop = stop_};
  for (const blob::TransferReport::Object& absent : report.absent) {
    if (!cache_.HasAll(absent.wanted)) old.parts.push_back({.digest = absent.wanted, .within = ""});
  }
  std::vector<digest::Digest> rest;
  if (old.parts.empty()) return rest;
  blob::DirectoryRemote there(context_.fs, remote.root(), remote.group_shared(), blob::Layout::kOld);
  blob::DirectoryRemote here(context_.fs, cache_.root(), group_shared_, blob::Layout::kOld);
  ASSIGN_OR_RETURN(const blob::TransferReport second, blob::TransferPresent(old, there, here));
  cache_.LookForOldAgain();
  damage.Update(second.Damage());
  for (const blob::TransferReport::Object& absent : second.absent) {
    const bool known = std::find(rest.begin(), rest.end(), absent.wanted) != rest.end();
    if (!known && !cache_.HasAll(absent.wanted)) rest.push_back(absent.wanted);
  }
  return rest;
}

absl::Status RemoteSupply::FetchRunCache() {
  if (!has_default_) return absl::NotFoundError("no default remote is configured");
  return blob::CopyRuns(context_.fs, remotes_[0].root(), cache_.root(), group_shared_).status();
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
