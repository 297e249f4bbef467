#include "scheduler/recovery/submissions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/git/tree_reader.h"
#include "common/params/params.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"
#include "common/submission/message.h"

namespace expq::recovery {
namespace {

using experiment::CommitId;
using experiment::Experiment;

// Where DVC's paths begin: the nearest folder with a `.dvc` from `subdir` upwards, else the repository's root.
std::string DvcRoot(const git::TreeReader& tree, const std::string& subdir) {
  std::string dir = fs::Normalize(subdir);
  for (; dir != "." && !dir.empty(); dir = fs::Dirname(dir)) {
    if (tree.Exists(fs::Join(fs::Join(git::TreeReader::kRoot, dir), ".dvc"))) return dir;
  }
  return "";
}

// Empty where they cannot be read: what has no table is better than what has no row.
pipeline::Values ReadValues(const git::TreeReader& tree, const std::string& dvc_root) {
  const std::string root = fs::Normalize(fs::Join(git::TreeReader::kRoot, dvc_root));
  const auto pipeline = pipeline::Load(tree, root);
  return pipeline::ReadValues(tree, root, pipeline.ok() ? *pipeline : pipeline::Pipeline{});
}

// The params that queued experiments of one submission will have.
class QueuedParams {
 public:
  QueuedParams(const git::TreeReader& tree, std::string subdir)
      : tree_(tree), subdir_(std::move(subdir)), dvc_root_(DvcRoot(tree, subdir_)) {
    auto parsed = params::ParseJson(ReadValues(tree, dvc_root_).params_json);
    base_ = parsed.ok() && parsed->is_map() ? *std::move(parsed) : value::Value(value::Map());
  }

  std::string With(const std::vector<std::string>& overrides) const {
    std::map<std::string, std::vector<params::ParamOverride>> by_file;
    for (const std::string& text : overrides) {
      auto parsed = params::ParseOverride(text);
      if (parsed.ok()) by_file[fs::Normalize(fs::Join(subdir_, parsed->file))].push_back(*std::move(parsed));
    }
    value::Value filled = base_;
    for (const auto& [file, list] : by_file) {
      auto text = tree_.Read(fs::Join(git::TreeReader::kRoot, file));
      if (text.ok()) text = params::ApplyOverrides(file, *text, list);
      if (!text.ok()) continue;
      auto parsed = params::ParseFile(file, *text);
      if (parsed.ok()) filled.map()->Set(dvc_root_.empty() ? file : fs::Relative(file, dvc_root_), *std::move(parsed));
    }
    return value::ToJson(filled, {.ascii = false, .compact = true});
  }

 private:
  const git::TreeReader& tree_;
  const std::string subdir_;
  const std::string dvc_root_;
  value::Value base_;
};

// Results by name, of one baseline after another.
class Results {
 public:
  explicit Results(const git::Repository& repository) : repository_(repository) {}

  // Fills revision, values and `finished` when the experiment has a result.
  absl::Status Find(const core::Recorded& recorded, Experiment* e) {
    const std::string prefix = git::ResultRef(e->baseline, "");
    if (!by_baseline_.contains(prefix)) {
      ASSIGN_OR_RETURN(by_baseline_[prefix], repository_.Refs(prefix));
    }
    const auto& results = by_baseline_[prefix];
    const auto found = results.find(prefix + e->name);
    if (found == results.end()) return absl::OkStatus();
    const auto info = repository_.Commit(found->second);
    if (!info.ok()) return absl::OkStatus();
    const absl::Time finished = absl::FromUnixSeconds(info->time);
    // What it was allowed to replace is no result of its own.
    if (e->force_name && finished < recorded.created) return absl::OkStatus();
    ASSIGN_OR_RETURN(const git::TreeReader tree, git::TreeReader::Open(repository_, found->second));
    pipeline::Values values = ReadValues(tree, DvcRoot(tree, e->options.subdir));
    e->revision = found->second;
    e->finished = finished;
    e->params_json = std::move(values.params_json);
    e->metrics_json = std::move(values.metrics_json);
    return absl::OkStatus();
  }

 private:
  const git::Repository& repository_;
  std::map<std::string, std::map<std::string, CommitId>> by_baseline_;  // by prefix of the refs
};

}  // namespace

absl::StatusOr<std::map<experiment::SubmissionId, CommitId>> ListSubmissions(const git::Repository& repository) {
  const std::string prefix = git::SubmissionRef({});
  ASSIGN_OR_RETURN(const auto refs, repository.Refs(prefix));
  std::map<experiment::SubmissionId, CommitId> submissions;
  for (const auto& [ref, commit] : refs) submissions[{std::string(absl::StripPrefix(ref, prefix))}] = commit;
  return submissions;
}

absl::StatusOr<core::Recorded> ReadSubmission(const git::Repository& repository, const experiment::SubmissionId& id,
                                              const CommitId& commit) {
  ASSIGN_OR_RETURN(const git::CommitInfo info, repository.Commit(commit));
  auto parsed = submission::ParseMessage(info.message);
  if (!parsed.ok()) return status::Annotate(parsed.status(), git::SubmissionRef(id));
  if (parsed->id != id) {
    return absl::InvalidArgumentError(
        absl::StrCat(git::SubmissionRef(id), ": its commit is of submission ", parsed->id.value));
  }
  core::Recorded recorded{.id = id, .commit = commit, .created = absl::FromUnixSeconds(info.time)};
  recorded.experiments = std::move(parsed->experiments);
  ASSIGN_OR_RETURN(const git::TreeReader tree, git::TreeReader::Open(repository, commit));
  const QueuedParams queued(tree, recorded.experiments[0].options.subdir);
  Results results(repository);
  for (Experiment& e : recorded.experiments) {
    RETURN_IF_ERROR(results.Find(recorded, &e));
    if (e.revision.empty()) e.params_json = queued.With(e.overrides);
  }
  return recorded;
}

}  // namespace expq::recovery
