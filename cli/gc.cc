#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/data_remote.h"
#include "cli/data_site.h"
#include "cli/json.h"
#include "cli/quantity.h"
#include "cli/session.h"
#include "cli/used_data.h"
#include "common/blob/objects.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// Of one object: what is older in a cache or remote and has no name yet will never have one.
constexpr absl::Duration kLongestWrite = absl::Hours(24);

struct Sweep {
  std::string where;  // "cache", "remote 'x'"
  std::string root;
  blob::Layout layout = blob::Layout::kCurrent;
  std::vector<blob::StoredObject> objects;
  std::vector<std::string> leftovers;  // of writers that were killed

  int64_t Bytes() const {
    int64_t bytes = 0;
    for (const blob::StoredObject& object : objects) bytes += object.size;
    return bytes;
  }
};

class GcCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Flag("-w,--workspace", &workspace_, "keep what the workspace records");
    table.Flag("-a,--all-branches", &kept_.all_branches, "keep that, and what the tips of all branches record");
    table.Flag("-T,--all-tags", &kept_.all_tags, "keep that, and what all tags record");
    table.Flag("-A,--all-commits", &kept_.all_commits, "keep that, and what all commits record");
    table.Flag("--all-experiments", &kept_.all_experiments, "keep that, and what all experiments record");
    table.Text("--date", "YYYY-MM-DD", &date_, "keep that, and what commits from that day on record");
    table.Text("--rev", "REV", &kept_.rev, "keep that, and what this revision records");
    table.Number("-n,--num", "N", &num_, "with --rev: that many commits from there", 1);
    table.Flag("-c,--cloud", &cloud_, "also in the remote");
    table.Flag("--not-in-remote", &not_in_remote_, "of what is used, keep only what the remote does not have");
    table.Text("-r,--remote", "NAME", &remote_, "the remote (default: core.remote of .dvc/config)");
    table.Repeated("-p,--projects", "PATH", &projects_,
                   "keep what this repository needs, too, which has the same cache");
    table.Positionals("PATH", &more_projects_, "more repositories, after --projects");
    table.Flag("--skip-failed", &skip_failed_, "go on past commits whose files cannot be understood");
    table.Flag("--dry", &dry_, "only say what would be removed");
    table.Flag("-f,--force", &force_, "do not ask");
    table.Number("-j,--jobs", "N", &jobs_, "taken as in DVC; looking into a folder needs no more than one", 1);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    RETURN_IF_ERROR(CheckOptions());
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kWrite));
    RETURN_IF_ERROR(RefuseWhileRunning(context, *site));
    UsedData used;
    RETURN_IF_ERROR(CollectUsed(context, *site, kept_, skip_failed_, used));
    for (const std::string& project : projects_) RETURN_IF_ERROR(AddProject(context, project, used));
    RETURN_IF_ERROR(AskRemotes(context, *site, used));
    ASSIGN_OR_RETURN(const std::vector<Sweep> sweeps, Plan(context, *site, used));
    if (!dry_ && !force_) {
      return status::WithHint(
          absl::FailedPreconditionError(absl::StrCat("nothing was removed: ", Text(sweeps, "would remove"))),
          "--dry shows it, --force does it");
    }
    if (!dry_) {
      for (const Sweep& sweep : sweeps) {
        RETURN_IF_ERROR(blob::RemoveObjects(context.fs, sweep.root, sweep.objects, sweep.layout));
        for (const std::string& path : sweep.leftovers) RETURN_IF_ERROR(context.fs.Remove(path));
      }
    }
    RETURN_IF_ERROR(site->Close());
    context.terminal.Out(context.globals.json ? Json(sweeps)
                                              : absl::StrCat(Text(sweeps, dry_ ? "would remove" : "removed"), "\n"));
    return ExitCode::kDone;
  }

 private:
  absl::Status CheckOptions() {
    if (!date_.empty()) {
      ASSIGN_OR_RETURN(kept_.since, SecondsOfDate(date_));
    }
    if (num_ > 0 && kept_.rev.empty()) return absl::InvalidArgumentError("--num needs --rev");
    kept_.num = num_ > 0 ? num_ : 1;
    if (projects_.empty() && !more_projects_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("unexpected argument '", more_projects_[0], "'"));
    }
    projects_.insert(projects_.end(), more_projects_.begin(), more_projects_.end());
    if (!workspace_ && !kept_.any()) {
      return absl::InvalidArgumentError(
          "say what to keep: --workspace, --all-branches, --all-tags, --all-commits, --all-experiments, --date or "
          "--rev");
    }
    if (cloud_ && not_in_remote_) {
      return absl::InvalidArgumentError("--cloud and --not-in-remote cannot be used together");
    }
    if (!remote_.empty() && !cloud_ && !not_in_remote_) {
      return absl::InvalidArgumentError("--remote needs --cloud or --not-in-remote");
    }
    return absl::OkStatus();
  }

  // Another repository with the same cache: the same is kept of it.
  absl::Status AddProject(const Context& context, const std::string& path, UsedData& used) const {
    Context there = context;
    there.cwd = fs::Normalize(fs::Join(context.cwd, path));
    const auto open = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(there, DataSite::Access::kWrite));
      RETURN_IF_ERROR(RefuseWhileRunning(there, *site));
      const std::set<std::string> remotes = used.remotes;
      RETURN_IF_ERROR(CollectUsed(there, *site, kept_, skip_failed_, used));
      used.remotes = remotes;  // it may call others by the same names
      return site->Close();
    };
    return status::Annotate(open(), absl::StrCat("project ", path));
  }

  // What a folder's files are, where the cache does not have its manifest: after a clone a remote alone knows. Who does
  // not touch a remote need not reach it.
  absl::Status AskRemotes(const Context& context, DataSite& site, UsedData& used) const {
    const std::set<std::string> names = used.remotes;
    for (const std::string& name : names) {
      if (used.unread.empty()) break;
      const auto remote = OpenRemote(context, site, name.empty() ? remote_ : name);
      if (!remote.ok() && !cloud_) continue;
      RETURN_IF_ERROR(remote.status());
      for (const blob::Layout layout : {blob::Layout::kCurrent, blob::Layout::kOld}) {
        blob::DirectoryRemote store(context.fs, remote->root(), remote->group_shared(), layout);
        const absl::Status read = ReadUnread(store, used);
        if (cloud_) RETURN_IF_ERROR(status::Annotate(read, absl::StrCat("remote ", remote->root())));
      }
    }
    for (const auto& [digest, for_queue] : used.unread) {
      if (!cloud_) break;
      context.terminal.Talk(absl::StrCat("warning: the manifest ", digest.text(),
                                         " is neither in the cache nor on a remote: files that only it names go"));
    }
    return absl::OkStatus();
  }

  // What a running experiment has stored is in no commit yet.
  static absl::Status RefuseWhileRunning(const Context& context, const DataSite& site) {
    const auto sessions = context.fs.List(site.layout().Sessions());
    if (!sessions.ok()) return absl::IsNotFound(sessions.status()) ? absl::OkStatus() : sessions.status();
    for (const fs::DirEntry& entry : *sessions) {
      const std::string id = entry.name.substr(0, entry.name.find('.'));
      if (!SessionAlive(context.fs, site.layout(), experiment::SessionId{id})) continue;
      return status::WithHint(
          absl::FailedPreconditionError("experiments are running here: what they have stored is in no commit yet"),
          "expq wait");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Sweep>> Plan(const Context& context, DataSite& site, const UsedData& used) const {
    std::set<digest::Digest> keep = used.all;
    std::vector<Sweep> sweeps;
    if (not_in_remote_) RETURN_IF_ERROR(DropWhatTheRemoteHas(context, site, used, keep));
    RETURN_IF_ERROR(AddUnused(context, "cache", site.cache().root(), keep, sweeps));
    if (!cloud_) return sweeps;
    for (const std::string& name : used.remotes) {
      const std::string wanted = name.empty() ? remote_ : name;
      ASSIGN_OR_RETURN(const blob::DirectoryRemote remote, OpenRemote(context, site, wanted));
      const bool seen =
          std::any_of(sweeps.begin(), sweeps.end(), [&](const Sweep& s) { return s.root == remote.root(); });
      if (seen) continue;
      RETURN_IF_ERROR(AddUnused(context, absl::StrCat("remote ", remote.root()), remote.root(), used.all, sweeps));
    }
    return sweeps;
  }

  absl::Status DropWhatTheRemoteHas(const Context& context, DataSite& site, const UsedData& used,
                                    std::set<digest::Digest>& keep) const {
    ASSIGN_OR_RETURN(blob::DirectoryRemote remote, OpenRemote(context, site, remote_));
    const std::vector<digest::Digest> all(keep.begin(), keep.end());
    ASSIGN_OR_RETURN(const std::vector<digest::Digest> missing, remote.Missing(experiment::ProjectName(""), all));
    keep = {missing.begin(), missing.end()};
    for (const digest::Digest& digest : all) {
      const auto here = context.fs.Stat(site.cache().ObjectPath(digest));
      const auto there = context.fs.Stat(remote.ObjectPath(digest));
      // What is cut off there is no copy.
      if (here.ok() && there.ok() && here->size != there->size) keep.insert(digest);
    }
    keep.insert(used.queue.begin(), used.queue.end());
    return absl::OkStatus();
  }

  // Also of what DVC 2 left there, where it has left something.
  static absl::Status AddUnused(const Context& context, const std::string& where, const std::string& root,
                                const std::set<digest::Digest>& keep, std::vector<Sweep>& sweeps) {
    for (const blob::Layout layout : {blob::Layout::kCurrent, blob::Layout::kOld}) {
      Sweep sweep{.where = where, .root = root, .layout = layout};
      ASSIGN_OR_RETURN(sweep.objects, blob::ListObjects(context.fs, root, layout));
      if (layout == blob::Layout::kOld && sweep.objects.empty()) continue;
      if (layout == blob::Layout::kCurrent) {
        const int64_t before_ns = absl::ToUnixNanos(context.clock.Now() - kLongestWrite);
        ASSIGN_OR_RETURN(sweep.leftovers, blob::ListLeftovers(context.fs, root, before_ns));
      }
      if (layout == blob::Layout::kOld) absl::StrAppend(&sweep.where, " of DVC 2");
      std::erase_if(sweep.objects, [&](const blob::StoredObject& object) { return keep.contains(object.digest); });
      sweeps.push_back(std::move(sweep));
    }
    return absl::OkStatus();
  }

  static std::string Text(const std::vector<Sweep>& sweeps, absl::string_view verb) {
    std::vector<std::string> lines;
    for (const Sweep& sweep : sweeps) {
      lines.push_back(
          absl::StrCat(verb, " ", sweep.objects.size(), sweep.objects.size() == 1 ? " object" : " objects", " (",
                       ShortSize(sweep.Bytes()), ")",
                       sweep.leftovers.empty() ? "" : absl::StrCat(" and ", sweep.leftovers.size(), " leftovers"),
                       " from the ", sweep.where));
    }
    return absl::StrJoin(lines, ", ");
  }

  std::string Json(const std::vector<Sweep>& sweeps) const {
    value::Map root = Versioned();
    root.Set("dry", dry_);
    value::List list;
    for (const Sweep& sweep : sweeps) {
      value::Map one;
      one.Set("where", sweep.where);
      value::List objects;
      for (const blob::StoredObject& object : sweep.objects) objects.emplace_back(object.digest.text());
      one.Set("objects", value::Value(std::move(objects)));
      one.Set("bytes", sweep.Bytes());
      list.emplace_back(std::move(one));
    }
    root.Set("removed", value::Value(std::move(list)));
    return JsonLine(std::move(root));
  }

  bool workspace_ = false;
  Revisions kept_;
  std::string date_, remote_;
  std::vector<std::string> projects_, more_projects_;
  int num_ = 0;
  int jobs_ = 0;
  bool cloud_ = false;
  bool not_in_remote_ = false;
  bool skip_failed_ = false;
  bool dry_ = false;
  bool force_ = false;
};

}  // namespace

CommandInfo GcInfo() {
  return {
      .name = "gc",
      .summary = "remove data that nothing uses from the cache",
      .details =
          "Keeps what the workspace and the revisions that are named record, and always what queued experiments and "
          "kept results need. Says what it would remove, and removes it with --force.",
      .examples = {"expq gc -w --dry", "expq gc -a -T --force", "expq gc -A -c -r backup --force"},
      .group = Group::kData,
      .formats = Formats::kJson,
      .make = &Make<GcCommand>};
}

}  // namespace expq::cli
