#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/data_remote.h"
#include "cli/data_site.h"
#include "cli/folder_part.h"
#include "cli/git_stage.h"
#include "cli/loose_files.h"
#include "cli/output_book.h"
#include "cli/path_pattern.h"
#include "cli/tracked_target.h"
#include "common/blob/partial_transfer.h"
#include "common/pipeline/data_file.h"
#include "common/pipeline/gitignore.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class AddCommand : public Command {
 public:
  void Declare(OptionTable& table) override {
    table.Positionals("FILE", &files_, "files and folders; a part of a tracked folder updates that folder", 1);
    table.Flag("--glob", &glob_, "the targets are patterns: 'data/**/*.csv'");
    table.Flag("--no-commit", &no_commit_, "only record it: the cache gets it with expq commit");
    table.Flag("--no-relink", &no_relink_, "do not replace the files by links to the cache");
    table.Text("-o,--out", "PATH", &out_, "copy it to PATH first, and track that");
    table.Flag("-f,--force", &force_, "with --out: replace what is there");
    table.Flag("--to-remote", &to_remote_, "send it to the remote and track it, past the cache and the workspace");
    table.Text("-r,--remote", "NAME", &remote_, "with --to-remote: the remote (default: core.remote of .dvc/config)");
    table.Number("--remote-jobs", "N", &remote_jobs_, "with --to-remote: files at a time", 1);
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    RETURN_IF_ERROR(CheckOptions());
    if (glob_) {
      ASSIGN_OR_RETURN(files_, ExpandPatterns(context.fs, context.cwd, files_));
    }
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kWrite));
    const absl::Status added = to_remote_     ? AddToRemote(context, *site)
                               : out_.empty() ? AddAll(context, *site)
                                              : AddCopy(context, *site);
    const absl::Status closed = site->Close();
    RETURN_IF_ERROR(closed.ok() || absl::IsCancelled(added) ? added : closed);
    return closed.ok() ? ExitCode::kDone : ExitCode::kInterrupted;
  }

 private:
  absl::Status CheckOptions() const {
    if (!to_remote_ && !remote_.empty()) return absl::InvalidArgumentError("--remote needs --to-remote");
    if (!to_remote_ && remote_jobs_ > 0) return absl::InvalidArgumentError("--remote-jobs needs --to-remote");
    if (out_.empty() && !to_remote_) return absl::OkStatus();
    const absl::string_view option = to_remote_ ? "--to-remote" : "--out";
    if (files_.size() != 1) return absl::InvalidArgumentError(absl::StrCat(option, " takes one file or folder"));
    if (glob_) return absl::InvalidArgumentError(absl::StrCat(option, " and --glob cannot be used together"));
    if (no_commit_) return absl::InvalidArgumentError(absl::StrCat(option, " and --no-commit cannot be used together"));
    return absl::OkStatus();
  }

  absl::Status AddAll(const Context& context, DataSite& site) {
    ASSIGN_OR_RETURN(const std::vector<TrackedTarget> targets, CheckTargets(context, site, files_));
    pipeline::GitIgnoreBook ignored(context.fs, site.root());
    OutputBook book(context.fs, site.place());
    std::vector<std::string> changed;
    std::set<int> done;  // sources of which parts were named: all of these at once
    for (const TrackedTarget& target : targets) {
      if (!target.within.empty() && !done.insert(target.source).second) continue;
      ASSIGN_OR_RETURN(const pipeline::DataRecord record, Keep(context, site, targets, target));
      RETURN_IF_ERROR(Record(context, site, target, record, ignored));
      book.Remember(target.OutPath(site.pipeline()));
      changed.push_back(target.file);
    }
    RETURN_IF_ERROR(book.Save());
    for (const std::string& file : ignored.Changed()) changed.push_back(file);
    return TellGit(context, site, changed);
  }

  absl::StatusOr<pipeline::DataRecord> Keep(const Context& context, DataSite& site,
                                            const std::vector<TrackedTarget>& targets, const TrackedTarget& target) {
    const Keeping how = no_commit_ ? Keeping::kHashOnly : no_relink_ ? Keeping::kCopy : Keeping::kLink;
    if (!target.within.empty()) {
      const pipeline::DataSource& source = site.pipeline().sources[static_cast<size_t>(target.source)];
      std::vector<std::string> parts;
      for (const TrackedTarget& other : targets) {
        if (other.source == target.source) parts.push_back(other.within);
      }
      return KeepParts(context, site, source, parts, how);
    }
    absl::StatusOr<blob::Content> content = cli::Keep(site, site.PathOf(target.path), how);
    if (absl::IsNotFound(content.status())) {
      return absl::NotFoundError(absl::StrCat("'", target.path, "' does not exist"));
    }
    RETURN_IF_ERROR(content.status());
    if (!no_commit_ && !no_relink_) RETURN_IF_ERROR(Relink(site, *content, target.path));
    return pipeline::DataRecord::Of(*content);
  }

  // Links of other kinds than cache.type's (a link to elsewhere, a hard link to what somebody else writes to) become
  // files of the configured kind.
  static absl::Status Relink(DataSite& site, const blob::Content& content, const std::string& path) {
    ASSIGN_OR_RETURN(
        const blob::CheckoutPlan plan,
        site.cache().PlanCheckout(
            {.digest = content.digest, .path = site.PathOf(path), .is_exec = content.is_exec, .relink = true}));
    return plan.wants.empty() ? absl::OkStatus() : site.cache().Apply(plan);
  }

  static absl::Status Record(const Context& context, DataSite& site, const TrackedTarget& target,
                             const pipeline::DataRecord& record, pipeline::GitIgnoreBook& ignored) {
    const std::string file = site.PathOf(target.file);
    const bool cached = target.source < 0 || site.pipeline().sources[static_cast<size_t>(target.source)].cache;
    if (cached) RETURN_IF_ERROR(ignored.Ignore(target.OutPath(site.pipeline())));
    if (target.source < 0) {
      const std::string text = pipeline::NewDataFile(fs::Basename(target.path), record);
      return context.fs.Write(file, text, fs::Durability::kAtomic);
    }
    const pipeline::DataSource& source = site.pipeline().sources[static_cast<size_t>(target.source)];
    ASSIGN_OR_RETURN(const std::string before, context.fs.Read(file));
    const bool same = source.digest == record.digest && source.is_exec == record.is_exec &&
                      !IsGoneForDvc2(context, site, record.digest, source.is_old);
    if (same) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string text, pipeline::ChangeDataFile(target.file, before, source.out, record));
    return context.fs.Write(file, text, fs::Durability::kAtomic);
  }

  // Where --out says, as typed; AlreadyExists when it may not be replaced.
  absl::StatusOr<std::string> PlaceOfOut(const Context& context, const DataSite& site, const std::string& from) const {
    const auto info = context.fs.Stat(fs::Join(context.cwd, out_));
    const bool into_folder = absl::EndsWith(out_, "/") || (info.ok() && info->kind == fs::Kind::kDirectory);
    const std::string to = into_folder ? fs::Join(out_, fs::Basename(from)) : out_;
    const std::string path = site.PathOf(site.RootPathOf(to));
    if (context.fs.Lstat(path).ok() && !force_) {
      return status::WithHint(absl::AlreadyExistsError(absl::StrCat("'", to, "' is there already")),
                              "--force replaces it");
    }
    if (!context.fs.Exists(from)) return absl::NotFoundError(absl::StrCat("'", files_[0], "' does not exist"));
    return to;
  }

  // From anywhere into the cache, and from there to its place.
  absl::Status AddCopy(const Context& context, DataSite& site) {
    const std::string from = fs::Normalize(fs::Join(context.cwd, files_[0]));
    ASSIGN_OR_RETURN(const std::string to, PlaceOfOut(context, site, from));
    ASSIGN_OR_RETURN(const blob::Content content, site.cache().StoreCopy(from));
    RETURN_IF_ERROR(site.cache().Checkout(content.digest, site.PathOf(site.RootPathOf(to)), content.is_exec));
    files_ = {to};
    return AddAll(context, site);
  }

  // From anywhere to the remote: a pull brings it.
  absl::Status AddToRemote(const Context& context, DataSite& site) {
    const std::string from = fs::Normalize(fs::Join(context.cwd, files_[0]));
    std::string to = fs::IsWithin(from, site.root()) ? files_[0] : fs::Basename(from);
    if (!out_.empty()) {
      ASSIGN_OR_RETURN(to, PlaceOfOut(context, site, from));
    }
    ASSIGN_OR_RETURN(const std::vector<TrackedTarget> targets,
                     CheckTargets(context, site, {to}, /*may_be_absent=*/true));
    const TrackedTarget& target = targets[0];
    if (!target.within.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--to-remote takes whole outputs: '", to, "' is inside of one"));
    }
    ASSIGN_OR_RETURN(blob::DirectoryRemote remote, OpenRemote(context, site, remote_));
    absl::StatusOr<blob::Content> content = site.cache().Hash(from);
    if (absl::IsNotFound(content.status())) {
      return absl::NotFoundError(absl::StrCat("'", files_[0], "' does not exist"));
    }
    RETURN_IF_ERROR(content.status());
    LooseFiles files(context.fs, from, *content);
    blob::TransferRequest request{.parts = {{content->digest, ""}}, .stop = site.interrupts().drain()};
    if (remote_jobs_ > 0) request.at_once = remote_jobs_;
    ASSIGN_OR_RETURN(const blob::TransferReport report, blob::TransferPresent(request, files, remote));
    RETURN_IF_ERROR(report.Damage());
    if (!report.absent.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("'", files_[0], "' was changed meanwhile"));
    }
    pipeline::GitIgnoreBook ignored(context.fs, site.root());
    RETURN_IF_ERROR(Record(context, site, target, pipeline::DataRecord::Of(*content), ignored));
    std::vector<std::string> changed = {target.file};
    for (const std::string& file : ignored.Changed()) changed.push_back(file);
    return TellGit(context, site, changed);
  }

  std::vector<std::string> files_;
  std::string out_, remote_;
  int remote_jobs_ = 0;
  bool to_remote_ = false;
  bool glob_ = false;
  bool no_commit_ = false;
  bool no_relink_ = false;
  bool force_ = false;
};

}  // namespace

CommandInfo AddInfo() {
  return {.name = "add",
          .summary = "track data files and folders",
          .details =
              "Puts them into the cache and writes a .dvc file for each, which git tracks instead, with an entry in "
              ".gitignore: what dvc add does.",
          .examples = {"expq add data/images", "expq add --glob 'data/*.csv'", "expq add ~/big.bin -o data/big.bin"},
          .group = Group::kData,
          .make = &Make<AddCommand>};
}

}  // namespace expq::cli
