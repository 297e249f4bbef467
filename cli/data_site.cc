#include "cli/data_site.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/dvc_config.h"
#include "cli/report.h"
#include "common/pipeline/data_ignore.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

std::string CacheFolder(const Context& context, const Place& place, const LocalLayout& layout,
                        const config::Config& config) {
  if (!config.cache.dir.empty()) return config.cache.dir;
  const std::string dvc = fs::Join(place.dvc_root, ".dvc");
  return context.fs.Exists(dvc) ? fs::Join(dvc, "cache") : layout.Cache();
}

blob::CacheOptions OptionsFor(const Context& context, const Place& place, const config::Config& config,
                              const sync::StopToken& stop) {
  blob::CacheOptions options{.received = fs::Durability::kAtomic,  // a remote still has what it sends
                             .ignored = pipeline::DataIgnore(context.fs, place.dvc_root),
                             .group_shared = config.cache.shared,
                             .stop = stop};
  // DVC's default in a workspace that belongs to a person: nothing becomes read-only by surprise.
  options.link_kinds = config.cache.link_kinds;
  if (options.link_kinds.empty()) options.link_kinds = {fs::LinkKind::kReflink, fs::LinkKind::kCopy};
  return options;
}

}  // namespace

DataSite::DataSite(const Context& context, Place place, config::Config config)
    : fs_(context.fs),
      cwd_(context.cwd),
      place_(std::move(place)),
      layout_(place_.repository->common_dir()),
      config_(std::move(config)),
      interrupts_(nullptr),
      hashes_(context.fs, layout_.Hashes()),
      cache_(context.fs, CacheFolder(context, place_, layout_, config_), hashes_,
             OptionsFor(context, place_, config_, interrupts_.drain())) {}

absl::StatusOr<std::unique_ptr<DataSite>> DataSite::Open(const Context& context, Access access) {
  ASSIGN_OR_RETURN(Place place, FindPlace(context));
  ASSIGN_OR_RETURN(config::Config config, ReadDvcConfig(context.fs, context.environment, place.dvc_root));
  SayWarnings(context, config.warnings);
  std::unique_ptr<DataSite> site(new DataSite(context, std::move(place), std::move(config)));
  const std::string dvc = site->PathOf(".dvc");
  if (access == Access::kWrite && context.fs.Exists(dvc)) {
    const dvclock::LockPlace lock{.dir = fs::Join(dvc, "tmp"), .hardlink = site->config_.core.hardlink_lock};
    ASSIGN_OR_RETURN(site->lock_,
                     dvclock::RepositoryLock::Acquire(context.fs, lock, dvclock::kPatience, site->interrupts_.drain()));
  }
  ASSIGN_OR_RETURN(site->pipeline_, pipeline::Load(context.fs, site->root(), &site->config_.parsing));
  SayWarnings(context, site->pipeline_.warnings);
  ASSIGN_OR_RETURN(site->outs_, pipeline::RecordedOuts(context.fs, site->root(), site->pipeline_));
  return site;
}

std::string DataSite::Shown(const std::string& root_path) const {
  const std::string path = PathOf(root_path);
  const absl::StatusOr<fs::FileInfo> info = fs_.Stat(path);
  const bool is_folder = info.ok() && info->kind == fs::Kind::kDirectory;
  return absl::StrCat(fs::Relative(path, cwd_), is_folder ? "/" : "");
}

std::string DataSite::RootPathOf(const std::string& typed) const {
  const std::string path = fs::Normalize(fs::Join(cwd_, typed));
  return fs::IsWithin(path, root()) ? fs::Relative(path, root()) : path;
}

absl::Status DataSite::Close() {
  // On a read-only repository the digests are computed again next time, and that is all.
  hashes_.Save().IgnoreError();
  return interrupts_.Interrupted() ? absl::CancelledError("interrupted") : absl::OkStatus();
}

}  // namespace expq::cli
