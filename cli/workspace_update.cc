#include "cli/workspace_update.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "cli/output_book.h"
#include "common/git/tree_reader.h"
#include "common/pipeline/gitignore.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"
#include "common/yaml/yaml.h"

namespace expq::cli {
namespace {

// One tracked file before and after; absent = not there.
struct FileChange {
  std::string path;
  std::optional<git::TreeFile> before, after;
};

// One cached output of the result.
struct Placed {
  digest::Digest digest;
  std::string path;       // in the workspace
  std::string root_path;  // relative to DVC's root
  bool is_exec;
};

absl::StatusOr<std::vector<FileChange>> ChangesBetween(const git::Repository& repository,
                                                       const experiment::CommitId& before,
                                                       const experiment::CommitId& after) {
  std::map<std::string, FileChange> by_path;
  ASSIGN_OR_RETURN(const auto old_files, repository.ListTree(before.value));
  for (const git::TreeFile& file : old_files) by_path[file.path] = {file.path, file, std::nullopt};
  ASSIGN_OR_RETURN(const auto new_files, repository.ListTree(after.value));
  for (const git::TreeFile& file : new_files) {
    FileChange& change = by_path[file.path];
    change.path = file.path;
    change.after = file;
  }
  std::vector<FileChange> changes;
  for (auto& [path, change] : by_path) {
    const bool same = change.before && change.after && change.before->blob == change.after->blob &&
                      change.before->mode == change.after->mode;
    if (!same) changes.push_back(std::move(change));
  }
  return changes;
}

// The bytes that are at `path` now; nullopt when there is nothing. A link's bytes are its target.
absl::StatusOr<std::optional<std::string>> Present(const fs::FileReader& fs, const std::string& path) {
  const auto info = fs.Lstat(path);
  if (absl::IsNotFound(info.status())) return std::nullopt;
  RETURN_IF_ERROR(info.status());
  if (info->kind == fs::Kind::kDirectory) return absl::FailedPreconditionError(absl::StrCat(path, " is a folder"));
  ASSIGN_OR_RETURN(std::string bytes, info->kind == fs::Kind::kSymlink ? fs.ReadLink(path) : fs.Read(path));
  return bytes;
}

absl::StatusOr<std::optional<std::string>> Bytes(const git::Repository& repository,
                                                 const std::optional<git::TreeFile>& file) {
  if (!file) return std::nullopt;
  ASSIGN_OR_RETURN(std::string bytes, repository.ReadBlob(file->blob));
  return bytes;
}

// The file is what running the pipeline here made, and git does not know it: dvc.lock or an output.
bool IsMade(const pipeline::Pipeline& pipeline, const Place& place, const FileChange& change) {
  if (change.before) return false;
  for (const pipeline::Stage& stage : pipeline.stages) {
    if (change.path == place.TreePath(fs::Normalize(fs::Join(fs::Dirname(stage.file), "dvc.lock")))) return true;
    for (const pipeline::Output& out : stage.outs) {
      if (fs::IsWithin(change.path, place.TreePath(out.root_path))) return true;
    }
  }
  return false;
}

// Refuses where the workspace is neither as submitted nor already as the result has it.
absl::Status CheckUnchanged(const Context& context, const Place& place, const pipeline::Pipeline& pipeline,
                            const std::vector<FileChange>& changes) {
  for (const FileChange& change : changes) {
    if (IsMade(pipeline, place, change)) continue;
    ASSIGN_OR_RETURN(const auto now, Present(context.fs, fs::Join(place.root, change.path)));
    ASSIGN_OR_RETURN(const auto before, Bytes(*place.repository, change.before));
    if (now == before) continue;
    ASSIGN_OR_RETURN(const auto after, Bytes(*place.repository, change.after));
    if (now == after) continue;
    return status::WithHint(
        absl::FailedPreconditionError(absl::StrCat(change.path,
                                                   " has changed since the experiment was "
                                                   "submitted: the result is recorded, not applied")),
        "expq show lists it");
  }
  return absl::OkStatus();
}

absl::Status WriteFile(const Context& context, const Place& place, const FileChange& change) {
  const std::string path = fs::Join(place.root, change.path);
  if (!change.after) return context.fs.Remove(path);
  RETURN_IF_ERROR(context.fs.MakeDirs(fs::Dirname(path)));
  ASSIGN_OR_RETURN(const std::string bytes, place.repository->ReadBlob(change.after->blob));
  RETURN_IF_ERROR(context.fs.Remove(path));
  if (change.after->mode == git::FileMode::kSymlink) return context.fs.Link(fs::LinkKind::kSymlink, bytes, path);
  return context.fs.Write(path, bytes, fs::Durability::kAtomic,
                          change.after->mode == git::FileMode::kExecutable ? 0777 : 0666);
}

// Adds what one stage's entry of dvc.lock says about its cached outs.
absl::Status AddOuts(const value::Map& entry, const pipeline::Stage& stage, const std::string& root,
                     std::vector<Placed>* outs) {
  const value::Value* list = entry.Find("outs");
  if (list == nullptr || list->list() == nullptr) return absl::OkStatus();
  for (const value::Value& item : *list->list()) {
    const value::Map* out = item.map();
    const value::Value* path = out != nullptr ? out->Find("path") : nullptr;
    const value::Value* md5 = out != nullptr ? out->Find("md5") : nullptr;
    if (path == nullptr || md5 == nullptr || path->string() == nullptr || md5->string() == nullptr) continue;
    for (const pipeline::Output& declared : stage.outs) {
      if (declared.path != *path->string() || !declared.cache) continue;
      ASSIGN_OR_RETURN(digest::Digest digest, digest::Digest::Parse(*md5->string()));
      const value::Value* exec = out->Find("isexec");
      const bool is_exec = exec != nullptr && exec->boolean() != nullptr && *exec->boolean();
      outs->push_back({std::move(digest), fs::Join(root, declared.root_path), declared.root_path, is_exec});
    }
  }
  return absl::OkStatus();
}

// The cached outs of every stage, as the result's dvc.lock files have them.
absl::StatusOr<std::vector<Placed>> OutsOf(const Place& place, const pipeline::Pipeline& pipeline,
                                           const experiment::CommitId& result) {
  std::map<std::string, value::Value> locks;
  std::vector<Placed> outs;
  for (const pipeline::Stage& stage : pipeline.stages) {
    const std::string file = fs::Normalize(fs::Join(fs::Dirname(stage.file), "dvc.lock"));
    if (!locks.contains(file)) {
      const auto text = place.repository->ReadFile(result.value, place.TreePath(file));
      auto document = yaml::Parse(text.ok() ? *text : "", file);
      RETURN_IF_ERROR(document.status());
      locks[file] = std::move(document->root);
    }
    const value::Map* root = locks[file].map();
    const value::Value* stages = root != nullptr ? root->Find("stages") : nullptr;
    const value::Value* entry = stages != nullptr && stages->is_map() ? stages->map()->Find(stage.name) : nullptr;
    if (entry != nullptr && entry->is_map()) RETURN_IF_ERROR(AddOuts(*entry->map(), stage, place.dvc_root, &outs));
  }
  return outs;
}

// What is in the way of an output must be kept in the cache, or be lost for good.
absl::Status CheckOuts(const Context& context, LocalHouse& house, const std::vector<Placed>& outs) {
  for (const Placed& out : outs) {
    if (!house.cache().HasAll(out.digest)) {
      return absl::NotFoundError(absl::StrCat(out.path, ": ", out.digest.text(), " is not in the cache"));
    }
    if (!context.fs.Lstat(out.path).ok()) continue;
    ASSIGN_OR_RETURN(const blob::Content present, house.cache().Hash(out.path));
    if (present.digest == out.digest || house.cache().HasAll(present.digest)) continue;
    return status::WithHint(
        absl::FailedPreconditionError(absl::StrCat(out.path,
                                                   " would be overwritten and is not in the cache: the result is "
                                                   "recorded, not applied")),
        "move it away, or expq run --temp");
  }
  return absl::OkStatus();
}

// No stage that runs in the workspace is at anything that would be written.
absl::Status CheckUnused(const Place& place, const std::vector<FileChange>& changes, const std::vector<Placed>& outs,
                         const dvclock::WorkspaceLock& lock) {
  dvclock::Paths paths;
  for (const FileChange& change : changes) paths.write.push_back(fs::Join(place.root, change.path));
  for (const Placed& out : outs) paths.write.push_back(out.path);
  return status::Annotate(lock.Check(paths), "the result is recorded, not applied");
}

// Those that the experiment did not touch and that are not to be had need not be here: nobody has fetched them.
void DropUnfetched(LocalHouse& house, const std::vector<Placed>& before, std::vector<Placed>* outs) {
  std::erase_if(*outs, [&](const Placed& out) {
    return !house.cache().HasAll(out.digest) && std::any_of(before.begin(), before.end(), [&](const Placed& old) {
      return old.path == out.path && old.digest == out.digest;
    });
  });
}

}  // namespace

absl::Status ApplyResult(const Context& context, LocalHouse& house, const Place& place,
                         const dvclock::WorkspaceLock& lock, const experiment::CommitId& snapshot,
                         const experiment::CommitId& result) {
  ASSIGN_OR_RETURN(const std::vector<FileChange> changes, ChangesBetween(*place.repository, snapshot, result));
  // As the experiment had it, with its params in the templates.
  ASSIGN_OR_RETURN(const git::TreeReader tree, git::TreeReader::Open(*place.repository, result));
  const std::string root = fs::Normalize(fs::Join(git::TreeReader::kRoot, place.TreePath("")));
  ASSIGN_OR_RETURN(const pipeline::Pipeline pipeline, pipeline::Load(tree, root));
  ASSIGN_OR_RETURN(std::vector<Placed> outs, OutsOf(place, pipeline, result));
  ASSIGN_OR_RETURN(const std::vector<Placed> outs_before, OutsOf(place, pipeline, snapshot));
  DropUnfetched(house, outs_before, &outs);
  RETURN_IF_ERROR(CheckUnused(place, changes, outs, lock));
  RETURN_IF_ERROR(CheckUnchanged(context, place, pipeline, changes));
  RETURN_IF_ERROR(CheckOuts(context, house, outs));
  for (const FileChange& change : changes) RETURN_IF_ERROR(WriteFile(context, place, change));
  pipeline::GitIgnoreBook ignored(context.fs, place.dvc_root);
  OutputBook book(context.fs, place);
  for (const Placed& out : outs) {
    RETURN_IF_ERROR(context.fs.MakeDirs(fs::Dirname(out.path)));
    RETURN_IF_ERROR(house.cache().Checkout(out.digest, out.path, out.is_exec));
    RETURN_IF_ERROR(ignored.Ignore(out.root_path));
    book.Remember(out.root_path);
  }
  RETURN_IF_ERROR(book.Save());
  return house.hashes().Save();
}

}  // namespace expq::cli
