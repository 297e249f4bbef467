#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/data_site.h"
#include "cli/git_stage.h"
#include "cli/output_book.h"
#include "cli/path_pattern.h"
#include "cli/tracked_target.h"
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
    table.Refused("--to-remote", "", "sending data past the cache is not supported: expq add, then expq push");
  }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    RETURN_IF_ERROR(CheckOptions());
    if (glob_) {
      ASSIGN_OR_RETURN(files_, ExpandPatterns(context.fs, context.cwd, files_));
    }
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kWrite));
    const absl::Status added = out_.empty() ? AddAll(context, *site) : AddCopy(context, *site);
    const absl::Status closed = site->Close();
    RETURN_IF_ERROR(closed.ok() || absl::IsCancelled(added) ? added : closed);
    return closed.ok() ? ExitCode::kDone : ExitCode::kInterrupted;
  }

 private:
  absl::Status CheckOptions() const {
    if (out_.empty()) return absl::OkStatus();
    if (files_.size() != 1) return absl::InvalidArgumentError("--out takes one file or folder");
    if (glob_) return absl::InvalidArgumentError("--out and --glob cannot be used together");
    if (no_commit_) return absl::InvalidArgumentError("--out and --no-commit cannot be used together");
    return absl::OkStatus();
  }

  absl::Status AddAll(const Context& context, DataSite& site) {
    ASSIGN_OR_RETURN(const std::vector<TrackedTarget> targets, CheckTargets(context, site, files_));
    pipeline::GitIgnoreBook ignored(context.fs, site.root());
    OutputBook book(context.fs, site.place());
    std::vector<std::string> changed;
    for (const TrackedTarget& target : targets) {
      ASSIGN_OR_RETURN(const pipeline::DataRecord record, Keep(context, site, target));
      RETURN_IF_ERROR(Record(context, site, target, record, ignored));
      book.Remember(target.OutPath(site.pipeline()));
      changed.push_back(target.file);
    }
    RETURN_IF_ERROR(book.Save());
    for (const std::string& file : ignored.Changed()) changed.push_back(file);
    return TellGit(context, site, changed);
  }

  absl::StatusOr<pipeline::DataRecord> Keep(const Context& context, DataSite& site, const TrackedTarget& target) {
    if (!target.within.empty()) return KeepPart(context, site, target);
    const std::string path = site.PathOf(target.path);
    absl::StatusOr<blob::Content> content = no_commit_   ? site.cache().Hash(path)
                                            : no_relink_ ? site.cache().StoreCopy(path)
                                                         : site.cache().Store(path);
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

  // The tracked folder with that part of it as it is now; all else as recorded.
  absl::StatusOr<pipeline::DataRecord> KeepPart(const Context& context, DataSite& site, const TrackedTarget& target) {
    const pipeline::DataSource& source = site.pipeline().sources[static_cast<size_t>(target.source)];
    if (!source.digest.has_value() || !source.digest->is_dir()) {
      return absl::FailedPreconditionError(absl::StrCat("'", source.path, "' is tracked as a file"));
    }
    ASSIGN_OR_RETURN(std::vector<blob::ManifestEntry> entries, site.cache().ReadManifest(*source.digest));
    const size_t before = entries.size();
    std::erase_if(entries,
                  [&](const blob::ManifestEntry& entry) { return fs::IsWithin(entry.relpath, target.within); });
    const bool replaces = entries.size() < before;
    const std::string path = site.PathOf(target.path);
    int64_t size = 0;
    if (context.fs.Exists(path)) {
      ASSIGN_OR_RETURN(const blob::Content part, StorePart(site, path));
      size = part.size;
      if (!part.digest.is_dir()) entries.push_back({target.within, part.digest});
      for (const blob::ManifestEntry& entry : part.files) {
        entries.push_back({fs::Join(target.within, entry.relpath), entry.digest});
      }
    } else if (!replaces) {
      return absl::NotFoundError(absl::StrCat("'", target.path, "' does not exist"));
    }
    return RecordFolder(site, source, std::move(entries), replaces ? std::nullopt : std::optional(source.size + size));
  }

  absl::StatusOr<blob::Content> StorePart(DataSite& site, const std::string& path) const {
    if (no_commit_) return site.cache().Hash(path);
    return no_relink_ ? site.cache().StoreCopy(path) : site.cache().Store(path);
  }

  absl::StatusOr<pipeline::DataRecord> RecordFolder(DataSite& site, const pipeline::DataSource& source,
                                                    std::vector<blob::ManifestEntry> entries,
                                                    std::optional<int64_t> size) const {
    const int64_t nfiles = static_cast<int64_t>(entries.size());
    const std::string manifest = blob::EncodeManifest(std::move(entries));
    const digest::Digest digest = digest::Md5Of(manifest, /*is_dir=*/true);
    if (!no_commit_) RETURN_IF_ERROR(site.cache().StoreBytes(manifest, /*is_dir=*/true).status());
    if (digest == *source.digest) size = source.size;
    return pipeline::DataRecord{.digest = digest, .size = size, .nfiles = nfiles};
  }

  static absl::Status Record(const Context& context, const DataSite& site, const TrackedTarget& target,
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
    const bool same = source.digest == record.digest && source.is_exec == record.is_exec;
    if (same) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string text, pipeline::ChangeDataFile(target.file, before, source.out, record));
    return context.fs.Write(file, text, fs::Durability::kAtomic);
  }

  // From anywhere into the cache, and from there to its place.
  absl::Status AddCopy(const Context& context, DataSite& site) {
    const std::string from = fs::Normalize(fs::Join(context.cwd, files_[0]));
    const auto info = context.fs.Stat(fs::Join(context.cwd, out_));
    const bool into_folder = absl::EndsWith(out_, "/") || (info.ok() && info->kind == fs::Kind::kDirectory);
    const std::string to = into_folder ? fs::Join(out_, fs::Basename(from)) : out_;
    const std::string path = site.PathOf(site.RootPathOf(to));
    if (context.fs.Lstat(path).ok() && !force_) {
      return status::WithHint(absl::AlreadyExistsError(absl::StrCat("'", to, "' is there already")),
                              "--force replaces it");
    }
    if (!context.fs.Exists(from)) return absl::NotFoundError(absl::StrCat("'", files_[0], "' does not exist"));
    ASSIGN_OR_RETURN(const blob::Content content, site.cache().StoreCopy(from));
    RETURN_IF_ERROR(site.cache().Checkout(content.digest, path, content.is_exec));
    files_ = {to};
    return AddAll(context, site);
  }

  std::vector<std::string> files_;
  std::string out_;
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
