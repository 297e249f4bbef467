#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/pipeline/data_ignore.h"
#include "common/pipeline/excerpt.h"
#include "common/pipeline/ignore.h"
#include "common/pipeline/paths.h"
#include "common/pipeline/pipeline.h"
#include "common/pipeline/pipeline_file.h"
#include "common/pipeline/validation.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// Nothing anybody wrote by hand is deeper; a loop of mounts would be.
constexpr int kMaxDepth = 256;

absl::Status WithExcerptOf(const fs::FileReader& fs, const std::string& root, const std::string& file,
                           const absl::Status& status) {
  const absl::StatusOr<std::string> text = fs.Read(fs::Join(root, file));
  return text.ok() ? WithExcerpt(status, file, *text) : status;
}

// What is wrong between stages, with the line of the file that it is said of.
absl::Status WithExcerptOfAny(const fs::FileReader& fs, const std::string& root, const Pipeline& pipeline,
                              const absl::Status& status) {
  if (status.ok()) return status;
  for (const std::string& file : pipeline.files) {
    if (absl::StartsWith(status.message(), absl::StrCat(file, ":"))) return WithExcerptOf(fs, root, file, status);
  }
  return status;
}

// Walks the repository for pipeline files, loading those of a folder before its sub-folders so that outputs, which may
// hold very many files, are not gone into.
class Collector {
 public:
  // Without `broken` the first broken file is an error.
  Collector(const fs::FileReader& fs, const std::string& root, const config::ParsingSettings& parsing,
            Pipeline& pipeline, std::vector<BrokenFile>* broken)
      : fs_(fs),
        root_(root),
        parsing_(parsing),
        pipeline_(pipeline),
        broken_(broken),
        data_ignored_(DataIgnore(fs, root)) {}

  absl::Status Collect(const std::string& dir, int depth) {
    const absl::StatusOr<std::vector<fs::DirEntry>> entries = fs_.List(fs::Join(root_, dir));
    if (!entries.ok()) return dir == "." ? entries.status() : Unreadable(dir, entries.status());
    if (dir != "." && IsRepository(*entries)) return absl::OkStatus();
    const size_t dvc_patterns = dvc_ignored_.size();
    const size_t git_patterns = git_ignored_.size();
    RETURN_IF_ERROR(AddPatterns(dir, *entries));
    for (const fs::DirEntry& entry : *entries) RETURN_IF_ERROR(LoadFile(dir, entry));
    RememberOutputs();
    for (const fs::DirEntry& entry : *entries) {
      if (entry.kind != fs::Kind::kDirectory || entry.name == ".git" || entry.name == ".dvc") continue;
      const std::string below = fs::Normalize(fs::Join(dir, entry.name));
      if (outputs_.contains(below) || Ignores(below, true) || depth == kMaxDepth) continue;
      RETURN_IF_ERROR(Collect(below, depth + 1));
    }
    dvc_ignored_.Truncate(dvc_patterns);
    git_ignored_.Truncate(git_patterns);
    return absl::OkStatus();
  }

 private:
  static bool IsRepository(const std::vector<fs::DirEntry>& entries) {
    for (const fs::DirEntry& entry : entries) {
      if (entry.name == ".dvc" && entry.kind == fs::Kind::kDirectory) return true;
    }
    return false;
  }

  // A folder that went away meanwhile, or that belongs to somebody else, holds no pipeline of ours.
  absl::Status Unreadable(const std::string& dir, const absl::Status& error) {
    if (absl::IsPermissionDenied(error))
      pipeline_.warnings.push_back(absl::StrCat(dir, ": not searched: ", error.message()));
    return absl::IsPermissionDenied(error) || absl::IsNotFound(error) ? absl::OkStatus() : error;
  }

  bool Ignores(const std::string& path, bool is_directory) const {
    return dvc_ignored_.Ignores(path, is_directory) || git_ignored_.Ignores(path, is_directory);
  }

  // What git ignores is in no snapshot, so a pipeline file there is not seen either (nor by DVC).
  absl::Status AddPatterns(const std::string& dir, const std::vector<fs::DirEntry>& entries) {
    for (const fs::DirEntry& entry : entries) {
      if (entry.name != ".dvcignore" && entry.name != ".gitignore") continue;
      if (entry.kind != fs::Kind::kFile) continue;
      ASSIGN_OR_RETURN(const std::string text, fs_.Read(fs::Join(root_, fs::Join(dir, entry.name))));
      (entry.name == ".dvcignore" ? dvc_ignored_ : git_ignored_).Add(dir, text);
    }
    return absl::OkStatus();
  }

  absl::Status LoadFile(const std::string& dir, const fs::DirEntry& entry) {
    if (!IsPipelineFileName(entry.name) || entry.name == "dvc.lock") return absl::OkStatus();
    const FileContext context{.fs = fs_,
                              .root = root_,
                              .file = fs::Normalize(fs::Join(dir, entry.name)),
                              .dir = dir,
                              .parsing = parsing_,
                              .warnings = pipeline_.warnings,
                              .values = values_,
                              .ignored = data_ignored_};
    if (entry.kind != fs::Kind::kFile) {
      if (entry.kind != fs::Kind::kSymlink) return absl::OkStatus();
      ASSIGN_OR_RETURN(const fs::FileInfo target, fs_.Stat(fs::Join(root_, context.file)));
      if (target.kind != fs::Kind::kFile) return absl::OkStatus();
    }
    if (Ignores(context.file, false)) {
      pipeline_.warnings.push_back(absl::StrCat(context.file, ": ignored by .gitignore or .dvcignore, so not used"));
      return absl::OkStatus();
    }
    if (entry.name == "dvc.yaml") pipeline_.files.push_back(context.file);
    const size_t seen_stages = pipeline_.stages.size(), seen_sources = pipeline_.sources.size();
    const absl::Status loaded =
        entry.name == "dvc.yaml" ? LoadPipelineFile(context, pipeline_) : LoadDataSources(context, pipeline_);
    for (size_t i = seen_stages; loaded.ok() && i < pipeline_.stages.size(); ++i) {
      absl::Status& refusal = pipeline_.stages[i].refusal;
      if (!refusal.ok()) refusal = WithExcerptOf(fs_, root_, context.file, refusal);
    }
    if (loaded.ok()) return loaded;
    const absl::Status error = WithExcerptOf(fs_, root_, context.file, loaded);
    if (broken_ == nullptr) return error;
    broken_->push_back({.file = context.file, .error = error});
    pipeline_.stages.resize(seen_stages);
    pipeline_.sources.resize(seen_sources);
    return absl::OkStatus();
  }

  void RememberOutputs() {
    for (; seen_stages_ < pipeline_.stages.size(); ++seen_stages_) {
      for (const Output& out : pipeline_.stages[seen_stages_].outs) outputs_.insert(out.root_path);
    }
    for (; seen_sources_ < pipeline_.sources.size(); ++seen_sources_) {
      outputs_.insert(pipeline_.sources[seen_sources_].path);
    }
  }

  const fs::FileReader& fs_;
  const std::string& root_;
  const config::ParsingSettings& parsing_;
  Pipeline& pipeline_;
  std::vector<BrokenFile>* const broken_;
  const std::function<bool(const std::string&, bool)> data_ignored_;
  IgnorePatterns dvc_ignored_{IgnorePatterns::Style::kDvc};
  IgnorePatterns git_ignored_{IgnorePatterns::Style::kGit};
  std::set<std::string> outputs_;
  std::map<std::string, value::Map> values_;
  size_t seen_stages_ = 0;
  size_t seen_sources_ = 0;
};

}  // namespace

absl::StatusOr<Pipeline> Load(const fs::FileReader& fs, const std::string& root,
                              const config::ParsingSettings* parsing) {
  config::Config config;
  if (parsing == nullptr) {
    ASSIGN_OR_RETURN(config, config::ReadRepository(fs, root));
    parsing = &config.parsing;
  }
  Pipeline pipeline;
  RETURN_IF_ERROR(Collector(fs, root, *parsing, pipeline, nullptr).Collect(".", 0));
  RETURN_IF_ERROR(WithExcerptOfAny(fs, root, pipeline, CheckOutputs(pipeline)));
  RETURN_IF_ERROR(WithExcerptOfAny(fs, root, pipeline, Graph::Build(pipeline).status()));
  return pipeline;
}

absl::StatusOr<Pipeline> LoadReadable(const fs::FileReader& fs, const std::string& root,
                                      const config::ParsingSettings& parsing, std::vector<BrokenFile>& broken) {
  Pipeline pipeline;
  RETURN_IF_ERROR(Collector(fs, root, parsing, pipeline, &broken).Collect(".", 0));
  return pipeline;
}

}  // namespace expq::pipeline
