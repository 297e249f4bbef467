#include "cli/results.h"

#include <algorithm>
#include <set>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/git/tree_reader.h"
#include "common/params/params.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::CommitId;
using experiment::Experiment;

void AddOnce(const CommitId& commit, std::vector<CommitId>* commits) {
  if (std::find(commits->begin(), commits->end(), commit) == commits->end()) commits->push_back(commit);
}

void AddWithParents(const Place& place, CommitId commit, int count, std::vector<CommitId>* commits) {
  // A negative count asks for all.
  for (int i = 0; count < 0 || i < count; ++i) {
    AddOnce(commit, commits);
    const auto info = place.repository->Commit(commit);
    if (!info.ok() || info->parents.empty()) return;
    commit = info->parents[0];
  }
}

// An annotated tag is an object of its own.
CommitId CommitOf(const Place& place, const std::string& ref, const CommitId& id) {
  if (!absl::StartsWith(ref, "refs/tags/") || place.repository->Commit(id).ok()) return id;
  const auto commit = place.repository->Resolve(ref);
  return commit.ok() ? *commit : id;
}

absl::Status AddRefs(const Place& place, const std::string& prefix, std::vector<CommitId>* commits) {
  ASSIGN_OR_RETURN(const auto refs, place.repository->Refs(prefix));
  for (const auto& [ref, id] : refs) AddOnce(CommitOf(place, ref, id), commits);
  return absl::OkStatus();
}

// Names below refs/exps/<2>/<38>/, loose or packed, without reading what they point at: there may be 10,000.
std::set<std::string> ResultNames(const Context& context, const Place& place, const CommitId& baseline) {
  const std::string prefix = git::ResultRef(baseline, "");
  std::set<std::string> names;
  const std::string common = place.repository->common_dir();
  const auto loose = context.fs.List(fs::Join(common, std::string(absl::StripSuffix(prefix, "/"))));
  if (loose.ok()) {
    for (const fs::DirEntry& entry : *loose) {
      if (entry.kind == fs::Kind::kFile && !absl::EndsWith(entry.name, ".lock")) names.insert(entry.name);
    }
  }
  const auto packed = context.fs.Read(fs::Join(common, "packed-refs"));
  if (!packed.ok()) return names;
  const std::string needle = absl::StrCat(" ", prefix);
  for (size_t at = packed->find(needle); at != std::string::npos; at = packed->find(needle, at + 1)) {
    const size_t start = at + needle.size();
    names.insert(packed->substr(start, packed->find('\n', start) - start));
  }
  return names;
}

}  // namespace

absl::StatusOr<std::vector<CommitId>> ChooseBaselines(const Place& place, const BaselineChoice& choice,
                                                      const std::vector<Experiment>& experiments) {
  std::vector<CommitId> commits;
  for (const std::string& revision : choice.revisions) {
    ASSIGN_OR_RETURN(CommitId commit, place.repository->Resolve(revision));
    AddWithParents(place, std::move(commit), choice.first_parents, &commits);
  }
  if (choice.revisions.empty() && (choice.all_commits || (!choice.all_branches && !choice.all_tags))) {
    ASSIGN_OR_RETURN(CommitId head, HeadOf(place));
    AddWithParents(place, std::move(head), choice.first_parents, &commits);
  }
  if (choice.all_branches) RETURN_IF_ERROR(AddRefs(place, "refs/heads/", &commits));
  if (choice.all_tags) RETURN_IF_ERROR(AddRefs(place, "refs/tags/", &commits));
  if (choice.all_commits) {
    std::set<CommitId> seen(commits.begin(), commits.end());
    for (auto e = experiments.rbegin(); e != experiments.rend(); ++e) {
      if (seen.insert(e->baseline).second) commits.push_back(e->baseline);
    }
  }
  return commits;
}

std::map<CommitId, std::vector<std::string>> NamesByCommit(const Place& place) {
  std::map<CommitId, std::vector<std::string>> names;
  const std::string branch = place.repository->HeadBranch();
  const auto head = place.repository->Head();
  if (!branch.empty() && head.ok()) names[*head].push_back(branch);
  for (const std::string prefix : {"refs/tags/", "refs/heads/"}) {
    const auto refs = place.repository->Refs(prefix);
    if (!refs.ok()) continue;
    for (const auto& [ref, id] : *refs) {
      const std::string name = ref.substr(prefix.size());
      if (prefix == "refs/heads/" && name == branch) continue;
      names[CommitOf(place, ref, id)].push_back(name);
    }
  }
  return names;
}

pipeline::Values ValuesOfCommit(const Place& place, const CommitId& commit) {
  const auto reader = git::TreeReader::Open(*place.repository, commit);
  if (!reader.ok()) return {"{}", "{}"};
  const std::string root = fs::Normalize(fs::Join(git::TreeReader::kRoot, place.TreePath("")));
  const auto pipeline = pipeline::Load(*reader, root);
  return pipeline::ReadValues(*reader, root, pipeline.ok() ? *pipeline : pipeline::Pipeline{});
}

pipeline::Values ValuesOfWorkspace(const Context& context, const Place& place, absl::Status* problem) {
  const auto pipeline = pipeline::Load(context.fs, place.dvc_root);
  pipeline::Values values =
      pipeline::ReadValues(context.fs, place.dvc_root, pipeline.ok() ? *pipeline : pipeline::Pipeline{});
  *problem = pipeline.status();
  if (problem->ok() && !values.unreadable.empty()) *problem = absl::InvalidArgumentError(values.unreadable[0]);
  return values;
}

absl::Status CheckParamsFiles(const fs::FileReader& fs, const std::string& root, const pipeline::Pipeline& pipeline) {
  std::set<std::string> seen;
  for (const pipeline::Stage& stage : pipeline.stages) {
    for (const pipeline::ParamDependency& params : stage.params) {
      if (!seen.insert(params.root_path).second) continue;
      const auto text = fs.Read(fs::Join(root, params.root_path));
      if (text.ok()) RETURN_IF_ERROR(params::ParseFile(params.root_path, *text).status());
    }
  }
  return absl::OkStatus();
}

std::vector<Experiment> ForeignResults(const Context& context, const Place& place, const CommitId& baseline,
                                       const std::vector<Experiment>& known) {
  absl::flat_hash_set<absl::string_view> names;
  for (const Experiment& e : known) {
    if (e.baseline == baseline) names.insert(e.name);
  }
  std::vector<Experiment> foreign;
  for (const std::string& name : ResultNames(context, place, baseline)) {
    if (names.contains(name)) continue;
    const auto commit = place.repository->Resolve(git::ResultRef(baseline, name));
    if (!commit.ok()) continue;
    Experiment e;
    e.name = name;
    e.state = experiment::State::kSucceeded;
    e.baseline = baseline;
    e.revision = *commit;
    const auto info = place.repository->Commit(*commit);
    if (info.ok()) e.created = e.finished = absl::FromUnixSeconds(info->time);
    pipeline::Values values = ValuesOfCommit(place, *commit);
    e.params_json = std::move(values.params_json);
    e.metrics_json = std::move(values.metrics_json);
    foreign.push_back(std::move(e));
  }
  return foreign;
}

}  // namespace expq::cli
