#include "cli/data_remote.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/data_checkout.h"
#include "cli/history_reader.h"
#include "cli/path_pattern.h"
#include "common/blob/partial_transfer.h"
#include "common/blob/run_folder.h"
#include "common/pipeline/data_targets.h"
#include "common/pipeline/run_cache.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

constexpr size_t kMostNamed = 5;

struct Wanted {
  digest::Digest digest;
  std::string path;    // root-relative, of the output
  std::string within;  // only that part of the folder; "" = all
};

// The remote that the output asks for ("" = the default one), and whether DVC 2 recorded it: then it lies elsewhere
// there.
struct Channel {
  std::string remote;
  bool is_old = false;
  auto operator<=>(const Channel&) const = default;
};

class DataMove {
 public:
  DataMove(const Context& context, DataSite& site, Direction direction, const RemoteOptions& options)
      : context_(context), site_(site), direction_(direction), options_(options) {}

  absl::StatusOr<TransferResult> Run() {
    RETURN_IF_ERROR(TakeWorkspace());
    RETURN_IF_ERROR(TakeHistory());
    if (options_.run_cache && !options_.no_run_cache) RETURN_IF_ERROR(MoveRunCache());
    for (const auto& [channel, wanted] : wanted_) RETURN_IF_ERROR(Move(channel, wanted));
    // A remote that is named but not there is a mistake, also when nothing is to be moved.
    if (!options_.remote.empty()) RETURN_IF_ERROR(OpenRemote(context_, site_, options_.remote).status());
    return std::move(result_);
  }

 private:
  absl::Status TakeWorkspace() {
    const absl::Status taken = Take(context_.fs, site_.root(), site_.pipeline(), site_.outs());
    // A target may be there in another revision only.
    const bool history = options_.all_branches || options_.all_tags || options_.all_commits;
    return absl::IsNotFound(taken) && history ? absl::OkStatus() : taken;
  }

  absl::Status TakeHistory() {
    const Revisions revisions{
        .all_branches = options_.all_branches, .all_tags = options_.all_tags, .all_commits = options_.all_commits};
    if (!revisions.any()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::vector<git::CommitId> commits, CommitsOf(*site_.place().repository, revisions));
    return ReadHistory(
        site_, commits,
        [&](const git::CommitId&, const pipeline::Pipeline& pipeline, const fs::FileReader& reader,
            const std::string& root, const std::vector<pipeline::RecordedOut>& outs) {
          const absl::Status taken = Take(reader, root, pipeline, outs);
          return absl::IsNotFound(taken) ? absl::OkStatus() : taken;
        },
        [&](const git::CommitId& commit, const absl::Status& why, const std::vector<digest::Digest>&) {
          context_.terminal.Talk(
              absl::StrCat("warning: ", commit.value.substr(0, 7), " is passed over: ", why.message()));
        });
  }

  absl::Status Take(const fs::FileReader& reader, const std::string& root, const pipeline::Pipeline& pipeline,
                    const std::vector<pipeline::RecordedOut>& outs) {
    ASSIGN_OR_RETURN(const std::vector<pipeline::DataTarget> targets,
                     pipeline::SelectData(reader, root, pipeline, outs,
                                          {.targets = options_.targets,
                                           .subdir = site_.place().dvc_subdir,
                                           .recursive = options_.recursive,
                                           .with_deps = options_.with_deps}));
    for (const pipeline::DataTarget& target : targets) {
      const pipeline::RecordedOut& out = outs[static_cast<size_t>(target.out)];
      if (!out.cache || !out.content.has_value()) continue;
      if (direction_ == Direction::kPush && !out.push) continue;
      if (!options_.remote.empty() && !out.remote.empty() && out.remote != options_.remote) continue;
      if (!IsOfTypes(pipeline, out) || (options_.max_size > 0 && out.content->size >= options_.max_size)) continue;
      const std::string remote = options_.remote.empty() ? out.remote : "";
      wanted_[{remote, out.content->is_old}].push_back({out.content->digest, out.path, target.within});
    }
    return absl::OkStatus();
  }

  bool IsOfTypes(const pipeline::Pipeline& pipeline, const pipeline::RecordedOut& out) const {
    if (options_.types.empty()) return true;
    return std::any_of(options_.types.begin(), options_.types.end(), [&](const std::string& type) {
      const bool metrics = type == "metrics";
      if (out.kind == (metrics ? pipeline::OutputKind::kMetric : pipeline::OutputKind::kPlot)) return true;
      const std::vector<std::string>& named = metrics ? pipeline.top_metrics : pipeline.top_plots;
      return std::any_of(named.begin(), named.end(), [&](const std::string& path) {
        return fs::IsWithin(path, out.path) || fs::IsWithin(out.path, path);
      });
    });
  }

  bool IsHere(const std::vector<Wanted>& wanted) const {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](const Wanted& one) { return site_.cache().HasAll(one.digest); });
  }

  absl::Status Move(const Channel& channel, const std::vector<Wanted>& wanted) {
    const std::string& name = channel.remote;
    if (direction_ == Direction::kFetch && IsHere(wanted)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const blob::DirectoryRemote remote,
                     OpenRemote(context_, site_, name.empty() ? options_.remote : name));
    const blob::Layout layout = channel.is_old ? blob::Layout::kOld : blob::Layout::kCurrent;
    blob::DirectoryRemote there(context_.fs, remote.root(), remote.group_shared(), layout);
    blob::DirectoryRemote old_here(context_.fs, site_.cache().root(), site_.config().cache.shared, layout);
    blob::BlobStore& here = channel.is_old ? static_cast<blob::BlobStore&>(old_here) : site_.cache();
    const bool push = direction_ == Direction::kPush;
    blob::BlobStore& from = push ? here : there;
    blob::BlobStore& to = push ? there : here;
    std::map<digest::Digest, const Wanted*> by_digest;
    blob::TransferRequest request{.at_once = JobsOf(name), .stop = site_.interrupts().drain()};
    for (const Wanted& one : wanted) {
      if (!by_digest.emplace(one.digest, &one).second && one.within.empty()) continue;
      request.parts.push_back({one.digest, one.within});
    }
    ASSIGN_OR_RETURN(const blob::TransferReport report, blob::TransferPresent(request, from, to));
    result_.files += report.objects;
    result_.bytes += report.bytes;
    if (channel.is_old) site_.cache().LookForOldAgain();
    const auto path_of = [&](const blob::TransferReport::Object& object) {
      return fs::Join(by_digest.at(object.wanted)->path, object.relpath);
    };
    for (const blob::TransferReport::Object& absent : report.absent) {
      if (damaged_.contains(absent.digest)) continue;  // moved aside a moment ago
      result_.missing.push_back(absl::StrCat(path_of(absent), " (", absent.digest.text(), ")"));
    }
    for (const auto& [object, why] : report.damaged) SayDamaged(object.digest, path_of(object), why, remote.root());
    return absl::OkStatus();
  }

  // What comes damaged is damaged there.
  void SayDamaged(const digest::Digest& digest, const std::string& path, const absl::Status& why,
                  const std::string& remote) {
    if (!damaged_.insert(digest).second) return;
    ++result_.damaged;
    const std::string where = direction_ == Direction::kFetch ? absl::StrCat("remote ", remote, ": ") : "";
    context_.terminal.Talk(absl::StrCat("warning: ", path, ": ", where, why.message()));
  }

  int JobsOf(const std::string& name) const {
    if (options_.jobs > 0) return options_.jobs;
    const auto remote = site_.config().FindRemote(name.empty() ? options_.remote : name);
    return remote.ok() && remote->jobs.has_value() ? *remote->jobs : blob::kFolderTransfersAtOnce;
  }

  absl::Status MoveRunCache() {
    ASSIGN_OR_RETURN(blob::DirectoryRemote remote, OpenRemote(context_, site_, options_.remote));
    const std::string &here = site_.cache().root(), &there = remote.root();
    const bool push = direction_ == Direction::kPush;
    // Before the entries: who finds an entry finds its data.
    RETURN_IF_ERROR(MoveRunCacheData(remote, push ? here : there));
    ASSIGN_OR_RETURN(const int64_t moved, blob::CopyRuns(context_.fs, push ? here : there, push ? there : here,
                                                         push ? remote.group_shared() : site_.config().cache.shared));
    result_.files += moved;
    return absl::OkStatus();
  }

  // Earlier results as far as the sender still has them: what gc took, or DVC did not push, is no loss.
  absl::Status MoveRunCacheData(blob::DirectoryRemote& remote, const std::string& sender) {
    const bool push = direction_ == Direction::kPush;
    ASSIGN_OR_RETURN(const std::vector<pipeline::LockedPath> outs, pipeline::RunCacheOuts(context_.fs, sender));
    const std::set<std::string> kept_here = push ? NotForDefaultRemote() : std::set<std::string>();
    std::set<digest::Digest> digests;
    for (const pipeline::LockedPath& out : outs) {
      if (out.content.has_value() && !kept_here.contains(out.path)) digests.insert(out.content->digest);
    }
    blob::TransferRequest request{.at_once = JobsOf(""), .stop = site_.interrupts().drain()};
    for (const digest::Digest& digest : digests) request.parts.push_back({digest, ""});
    blob::BlobStore& from = push ? static_cast<blob::BlobStore&>(site_.cache()) : remote;
    blob::BlobStore& to = push ? static_cast<blob::BlobStore&>(remote) : site_.cache();
    ASSIGN_OR_RETURN(const blob::TransferReport report, blob::TransferPresent(request, from, to));
    result_.files += report.objects;
    result_.bytes += report.bytes;
    for (const auto& [object, why] : report.damaged) {
      SayDamaged(object.digest, fs::Join("an earlier result", object.relpath), why, remote.root());
    }
    return absl::OkStatus();
  }

  // Outputs that must not leave this machine, or go to a remote of their own: as written, for an entry of the run cache
  // knows no more of them.
  std::set<std::string> NotForDefaultRemote() const {
    std::set<std::string> paths;
    for (const pipeline::Stage& stage : site_.pipeline().stages) {
      for (const pipeline::Output& out : stage.outs) {
        if (!out.push || (!out.remote.empty() && out.remote != options_.remote)) paths.insert(out.path);
      }
    }
    return paths;
  }

  const Context& context_;
  DataSite& site_;
  const Direction direction_;
  const RemoteOptions& options_;
  std::map<Channel, std::vector<Wanted>> wanted_;
  std::set<digest::Digest> damaged_;  // that were named
  TransferResult result_;
};

std::string MissingLine(const std::vector<std::string>& missing) {
  if (missing.empty()) return "";
  const size_t shown = std::min(missing.size(), kMostNamed), more = missing.size() - shown;
  return absl::StrCat(CountedFiles(static_cast<int64_t>(missing.size()), "missing"),
                      " both in the cache and on the remote: ",
                      absl::StrJoin(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                      more > 0 ? absl::StrCat(" and ", more, " more") : "");
}

}  // namespace

void RemoteOptions::Declare(OptionTable& table, absl::string_view verb) {
  table.Positionals("TARGET", &targets, "outputs, parts of them, stages or .dvc files (default: all)");
  table.Text("-r,--remote", "NAME", &remote, "the remote (default: core.remote of .dvc/config)");
  table.Number("-j,--jobs", "N", &jobs, "files at a time", 1);
  table.Flag("-a,--all-branches", &all_branches, absl::StrCat(verb, " what the tips of all branches record, too"));
  table.Flag("-T,--all-tags", &all_tags, absl::StrCat(verb, " what all tags record, too"));
  table.Flag("-A,--all-commits", &all_commits, absl::StrCat(verb, " what all commits record, too"));
  table.Flag("-d,--with-deps", &with_deps, "also what the stages among the targets need");
  table.Flag("-R,--recursive", &recursive, "a folder means all data that is defined below it");
  table.Flag("--run-cache", &run_cache, "earlier results of stages, too, with their data");
  table.Flag("--no-run-cache", &no_run_cache, "without them (so it is anyway)");
  table.Flag("--glob", &glob, "the targets are patterns");
}

absl::StatusOr<blob::DirectoryRemote> OpenRemote(const Context& context, const DataSite& site,
                                                 const std::string& name) {
  return OpenRemote(context, site.config(), name);
}

absl::StatusOr<blob::DirectoryRemote> OpenRemote(const Context& context, const config::Config& config,
                                                 const std::string& name) {
  ASSIGN_OR_RETURN(const config::Remote remote, config.FindRemote(name));
  if (!remote.IsLocal()) {
    return status::WithHint(absl::UnimplementedError(absl::StrCat("remote '", remote.name, "' is ", remote.url,
                                                                  " (.dvc/config): only folders are supported so far")),
                            "dvc push and dvc pull work on the same cache");
  }
  const auto info = context.fs.Stat(remote.url);
  if (info.ok() && info->kind != fs::Kind::kDirectory) {
    return absl::FailedPreconditionError(absl::StrCat("remote '", remote.name, "': ", remote.url, " is no folder"));
  }
  return blob::DirectoryRemote(context.fs, remote.url, remote.shared);
}

absl::StatusOr<TransferResult> MoveData(const Context& context, DataSite& site, Direction direction,
                                        RemoteOptions& options) {
  if (options.glob && !options.targets.empty()) {
    ASSIGN_OR_RETURN(options.targets, ExpandPatterns(context.fs, context.cwd, options.targets));
  }
  return DataMove(context, site, direction, options).Run();
}

absl::Status FailureOf(const TransferResult& result, Direction direction) {
  if (result.missing.empty() && result.damaged == 0) return absl::OkStatus();
  const bool push = direction == Direction::kPush;
  const std::string damaged =
      absl::StrCat(CountedFiles(result.damaged, "damaged"), push ? " in the cache" : " on the remote");
  const char* hint = push ? "expq repro makes outputs again; expq commit stores what is in the workspace"
                     : result.damaged == 0 ? "push it from where it was made"
                                           : "remove it there, and push it again from where it was made";
  return status::WithHint(absl::UnknownError(absl::StrCat(result.damaged > 0 ? damaged : "",
                                                          result.damaged > 0 && !result.missing.empty() ? "; " : "",
                                                          MissingLine(result.missing))),
                          hint);
}

}  // namespace expq::cli
