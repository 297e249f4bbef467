#include "cli/dvc_queue.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/params/params.h"
#include "common/pipeline/command_arguments.h"
#include "common/status/status.h"
#include "common/value/value.h"

namespace expq::cli {
namespace {

using params::ParamOverride;

constexpr char kStash[] = "refs/exps/celery/stash";

bool IsParamsFile(absl::string_view path) {
  const std::string name = fs::Basename(std::string(path));
  if (name == "dvc.yaml" || name == "dvc.lock") return false;
  for (const char* suffix : {".yaml", ".yml", ".json", ".toml", ".py"}) {
    if (absl::EndsWith(name, suffix)) return true;
  }
  return false;
}

using Leaves = std::map<std::string, value::Value>;

absl::StatusOr<Leaves> ReadLeaves(const Place& place, const std::string& commit, const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, place.repository->ReadFile(commit, path));
  ASSIGN_OR_RETURN(const value::Value root, params::ParseFile(path, text));
  if (!root.is_map()) return absl::InvalidArgumentError("not a map");
  Leaves leaves;
  for (auto& [key, value] : value::Flatten(root)) leaves[key] = std::move(value);
  return leaves;
}

// The text of an override, if one can say it.
absl::StatusOr<std::string> TextOf(const ParamOverride& override) {
  const std::string text = params::OverrideText(override);
  ASSIGN_OR_RETURN(const ParamOverride read, params::ParseOverride(text));
  if (read.key == override.key && read.choices.size() <= 1) return text;
  return absl::InvalidArgumentError("no override says it");
}

// What brings the params of one file from the baseline's to the task's.
absl::StatusOr<std::vector<std::string>> Overrides(const Place& place, const std::string& baseline,
                                                   const std::string& task, const std::string& path) {
  ASSIGN_OR_RETURN(const Leaves before, ReadLeaves(place, baseline, path));
  ASSIGN_OR_RETURN(const Leaves after, ReadLeaves(place, task, path));
  const std::string typed = fs::Relative(fs::Join(place.root, path), fs::Join(place.root, place.subdir));
  std::vector<ParamOverride> overrides;
  for (const auto& [key, value] : before) {
    if (after.contains(key)) continue;
    overrides.push_back(
        {.op = ParamOverride::Op::kDelete, .file = typed, .key = key, .has_value = false, .choices = {}});
  }
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old != before.end() && value::Identical(old->second, value)) continue;
    const ParamOverride::Op op = old == before.end() ? ParamOverride::Op::kAdd : ParamOverride::Op::kChange;
    overrides.push_back({.op = op, .file = typed, .key = key, .value = value, .choices = {}});
  }
  std::vector<std::string> texts;
  for (const ParamOverride& override : overrides) {
    ASSIGN_OR_RETURN(std::string text, TextOf(override));
    texts.push_back(std::move(text));
  }
  return texts;
}

absl::StatusOr<std::map<std::string, std::string>> BlobsOf(const Place& place, const std::string& commit) {
  ASSIGN_OR_RETURN(const std::vector<git::TreeFile> files, place.repository->ListTree(commit));
  std::map<std::string, std::string> blobs;
  for (const git::TreeFile& file : files) {
    if (!absl::EndsWith(file.path, ".dvc/tmp/repro.dat")) blobs[file.path] = file.blob;
  }
  return blobs;
}

// "dvc-exp:HEAD:BASELINE:NAME[:BRANCH]"
absl::StatusOr<DvcTask> ReadTask(const Place& place, const git::CommitInfo& commit) {
  const std::vector<std::string> parts = absl::StrSplit(absl::StripAsciiWhitespace(commit.message), ':');
  if (parts.size() < 4 || parts[0] != "dvc-exp") return absl::InvalidArgumentError("not an experiment of DVC's");
  DvcTask task{.name = parts[3], .baseline = {parts[2]}, .overrides = {}, .others = {}};
  ASSIGN_OR_RETURN(const auto before, BlobsOf(place, task.baseline.value));
  ASSIGN_OR_RETURN(auto after, BlobsOf(place, commit.id.value));
  for (const auto& [path, blob] : before) {
    const auto now = after.find(path);
    if (now == after.end()) {
      task.others.push_back(path);
      continue;
    }
    const bool same = std::exchange(now->second, "") == blob;
    if (same) continue;
    const auto overrides = IsParamsFile(path) ? Overrides(place, task.baseline.value, commit.id.value, path)
                                              : absl::InvalidArgumentError("no params");
    if (overrides.ok()) {
      task.overrides.insert(task.overrides.end(), overrides->begin(), overrides->end());
    } else {
      task.others.push_back(path);
    }
  }
  for (const auto& [path, blob] : after) {
    if (!blob.empty()) task.others.push_back(path);
  }
  return task;
}

// An override has quotes of its own: the other kind around them is easier to read.
std::string Quoted(const std::string& word) {
  const bool readable = absl::StrContains(word, '\'') && word.find_first_of("\"$`\\!") == std::string::npos;
  return readable ? absl::StrCat("\"", word, "\"") : pipeline::ShellQuoted(word);
}

}  // namespace

absl::StatusOr<std::vector<DvcTask>> ReadDvcTasks(const Place& place) {
  std::vector<DvcTask> tasks;
  if (!place.repository->HasRef(kStash)) return tasks;
  ASSIGN_OR_RETURN(const std::vector<git::RefLogEntry> stash, place.repository->RefLog(kStash));
  for (auto entry = stash.rbegin(); entry != stash.rend(); ++entry) {
    const auto commit = place.repository->Commit(entry->id);
    auto task = commit.ok() ? ReadTask(place, *commit) : commit.status();
    if (task.ok()) tasks.push_back(*std::move(task));
  }
  return tasks;
}

std::string DvcTasksAsCommands(const Place& place, const std::vector<DvcTask>& tasks) {
  if (tasks.empty()) return "";
  std::string out =
      "# What DVC has queued, to submit here. Targets and options are in Python pickles, which expq does not open.\n";
  const auto head = place.repository->Head();
  for (const DvcTask& task : tasks) {
    if (!head.ok() || head->value != task.baseline.value) {
      absl::StrAppend(&out, "# on ", task.baseline.value.substr(0, 7), ", which is not HEAD:\n");
    }
    if (!task.others.empty()) absl::StrAppend(&out, "# with other files: ", absl::StrJoin(task.others, " "), "\n");
    absl::StrAppend(&out, "expq submit -n ", Quoted(task.name));
    for (const std::string& text : task.overrides) absl::StrAppend(&out, " -S ", Quoted(text));
    out += "\n";
  }
  return out;
}

void RemarkOnDvcTasks(const Context& context, const Place& place) {
  const auto tasks = ReadDvcTasks(place);
  if (!tasks.ok() || tasks->empty()) return;
  context.terminal.Talk(absl::StrCat("DVC has queued ", tasks->size(),
                                     tasks->size() == 1 ? " experiment" : " experiments",
                                     ", which expq does not run: expq queue --dvc says how to submit them here"));
}

}  // namespace expq::cli
