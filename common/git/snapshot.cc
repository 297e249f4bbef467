// The workspace as a tree, without touching it: the index is read into memory and never written; each tracked file is
// compared with it by what lstat says, and hashed only when that differs, as git status does.
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/git/limits.h"
#include "common/git/open_repository.h"
#include "common/git/submodule.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Which of lstat's answers the user's configuration trusts.
struct StatRules {
  bool file_mode = true;
  bool symlinks = true;
  bool ctime = true;
  bool minimal = false;  // core.checkStat: other programs fill only size and whole seconds
};

bool SameTime(const git_index_time& recorded, int64_t ns, bool whole_seconds) {
  return recorded.seconds == static_cast<int32_t>(ns / kSecond) &&
         (whole_seconds || recorded.nanoseconds == static_cast<uint32_t>(ns % kSecond));
}

bool IsIntentToAdd(const git_index_entry& entry) { return (entry.flags_extended & GIT_INDEX_ENTRY_INTENT_TO_ADD) != 0; }

// Entries whose file the user told git not to look at (assume-unchanged, skip-worktree, sparse checkouts).
bool IsTakenFromIndex(const git_index_entry& entry) {
  return (entry.flags & GIT_INDEX_ENTRY_VALID) != 0 || (entry.flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE) != 0;
}

class WorkspaceSnapshot {
 public:
  explicit WorkspaceSnapshot(const OpenRepository& open) : open_(open) {}

  absl::StatusOr<Repository::WorkTree> Take() {
    RETURN_IF_ERROR(ReadIndex());
    RETURN_IF_ERROR(CompareAll());
    Repository::WorkTree trees;
    for (const std::string& path : intended_) RETURN_IF_ERROR(Remove(path));
    ASSIGN_OR_RETURN(git_oid index_tree, WriteTree());
    trees.index_tree = Hex(index_tree);
    RETURN_IF_ERROR(ApplyChanges());
    ASSIGN_OR_RETURN(git_oid tree, WriteTree());
    for (const std::string& path : submodules_) {
      ASSIGN_OR_RETURN(tree, GraftSubmodule(open_, tree, path));
    }
    trees.tree = Hex(tree);
    return trees;
  }

 private:
  // What the snapshot has other than the index. mode 0: the file is gone.
  struct Difference {
    std::string path;
    uint32_t mode = 0;
    git_oid id{};
  };

  absl::Status ReadIndex() {
    std::string path = fs::Join(open_.git_dir, "index");
    // Before the content: an index replaced meanwhile makes more entries suspect, never fewer.
    if (auto info = open_.disk.Lstat(path); info.ok()) index_mtime_ns_ = info->mtime_ns;
    int code = git_index_open(Out(index_), path.c_str());
    if (code < 0) {
      absl::Status error = LibraryError(code, absl::StrCat("cannot read ", path));
      if (!absl::IsUnimplemented(error)) return error;
      return status::WithHint(error,
                              "git update-index --no-split-index && git sparse-checkout reapply --no-sparse-index");
    }
    rules_.file_mode = open_.ConfigBool("core.filemode", true);
    rules_.symlinks = open_.ConfigBool("core.symlinks", true);
    rules_.ctime = open_.ConfigBool("core.trustctime", true);
    rules_.minimal = open_.ConfigText("core.checkstat") == "minimal";
    return absl::OkStatus();
  }

  absl::Status CompareAll() {
    for (size_t i = 0; i < git_index_entrycount(index_.get()); ++i) {
      const git_index_entry& entry = *git_index_get_byindex(index_.get(), i);
      if (git_index_entry_is_conflict(&entry)) {
        return status::WithHint(absl::FailedPreconditionError(absl::StrCat(entry.path, " has a merge conflict")),
                                "resolve it, then git add it");
      }
      if (IsIntentToAdd(entry)) intended_.push_back(entry.path);
      if (IsTakenFromIndex(entry)) continue;
      if (entry.mode == GIT_FILEMODE_COMMIT) {
        submodules_.push_back(entry.path);
      } else {
        RETURN_IF_ERROR(Compare(entry));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Compare(const git_index_entry& entry) {
    std::string path = entry.path;
    if (!IsRealFolder(fs::Dirname(path))) return Differs({.path = path});
    auto info = open_.disk.Lstat(absl::StrCat(open_.worktree, "/", path));
    if (absl::IsNotFound(info.status()) || absl::IsFailedPrecondition(info.status())) return Differs({.path = path});
    RETURN_IF_ERROR(info.status());
    if (IsUnchanged(entry, *info) && !IsIntentToAdd(entry)) return absl::OkStatus();
    if (info->kind == fs::Kind::kDirectory) return Differs({.path = path});
    if (info->kind == fs::Kind::kOther) {
      return absl::FailedPreconditionError(absl::StrCat(path, " is neither a file nor a link"));
    }
    if (info->size > kMaxSnapshotFileBytes) {
      return status::WithHint(
          absl::ResourceExhaustedError(absl::StrCat(path, " has ", info->size, " bytes: too much for a git snapshot")),
          "track it as data: git rm --cached it and make a .dvc file for it");
    }
    return Hash(entry, path, *info);
  }

  bool IsUnchanged(const git_index_entry& entry, const fs::FileInfo& info) const {
    return entry.mode == ModeOf(entry, info) && entry.file_size == static_cast<uint32_t>(info.size) &&
           SameTime(entry.mtime, info.mtime_ns, rules_.minimal) &&
           (!rules_.ctime || rules_.minimal || SameTime(entry.ctime, info.ctime_ns, false)) &&
           (rules_.minimal || entry.ino == static_cast<uint32_t>(info.inode)) &&
           // Racy: a file changed in the tick in which the index was written looks just like the recorded one.
           info.mtime_ns < index_mtime_ns_;
  }

  uint32_t ModeOf(const git_index_entry& entry, const fs::FileInfo& info) const {
    if (info.kind == fs::Kind::kSymlink) return GIT_FILEMODE_LINK;
    if (!rules_.symlinks && entry.mode == GIT_FILEMODE_LINK) return GIT_FILEMODE_LINK;
    if (!rules_.file_mode) return entry.mode == GIT_FILEMODE_BLOB_EXECUTABLE ? entry.mode : uint32_t{GIT_FILEMODE_BLOB};
    return (info.mode & 0100) != 0 ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB;
  }

  // Through the filters that libgit2 has (line ends, ident). A filter program such as git-lfs is not run: an untouched
  // file keeps the pointer that the index has, a touched one goes in with its real content.
  absl::Status Hash(const git_index_entry& entry, const std::string& path, const fs::FileInfo& info) {
    Difference difference{.path = path, .mode = ModeOf(entry, info)};
    int code = git_blob_create_from_workdir(&difference.id, open_.repo.get(), path.c_str());
    if (code == GIT_ENOTFOUND) return Differs({.path = path});  // removed a moment ago
    if (code < 0) return LibraryError(code, absl::StrCat("cannot snapshot ", path));
    RETURN_IF_ERROR(open_.pending->FlushWhenLarge(open_.odb.get(), open_.common_dir));
    bool same = git_oid_equal(&difference.id, &entry.id) && difference.mode == entry.mode && !IsIntentToAdd(entry);
    return same ? absl::OkStatus() : Differs(std::move(difference));
  }

  absl::Status Differs(Difference difference) {
    differences_.push_back(std::move(difference));
    return absl::OkStatus();
  }

  // False when `folder` is absent or a link, also above: then git takes what it tracks below it as deleted.
  bool IsRealFolder(const std::string& folder) {
    if (folder == ".") return true;
    if (folder == last_folder_) return last_is_real_;
    auto known = folders_.find(folder);
    if (known == folders_.end()) {
      bool real = IsRealFolder(fs::Dirname(folder));
      auto info = open_.disk.Lstat(absl::StrCat(open_.worktree, "/", folder));
      known = folders_.emplace(folder, real && info.ok() && info->kind == fs::Kind::kDirectory).first;
    }
    last_folder_ = folder;
    last_is_real_ = known->second;
    return last_is_real_;
  }

  absl::Status ApplyChanges() {
    for (const Difference& difference : differences_) {
      if (difference.mode == 0) {
        RETURN_IF_ERROR(Remove(difference.path));
        continue;
      }
      git_index_entry entry{};
      entry.path = difference.path.c_str();
      entry.mode = difference.mode;
      entry.id = difference.id;
      if (int code = git_index_add(index_.get(), &entry); code < 0) {
        return LibraryError(code, absl::StrCat("cannot snapshot ", difference.path));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) {
    int code = git_index_remove(index_.get(), path.c_str(), 0);
    if (code < 0 && code != GIT_ENOTFOUND) return LibraryError(code, absl::StrCat("cannot snapshot ", path));
    return absl::OkStatus();
  }

  absl::StatusOr<git_oid> WriteTree() {
    git_oid id;
    int code = git_index_write_tree_to(&id, index_.get(), open_.repo.get());
    if (code < 0) return LibraryError(code, "cannot write the tree of the workspace");
    return id;
  }

  const OpenRepository& open_;
  IndexHandle index_;
  StatRules rules_;
  int64_t index_mtime_ns_ = 0;
  std::vector<Difference> differences_;
  std::vector<std::string> intended_;
  std::vector<std::string> submodules_;
  absl::flat_hash_map<std::string, bool> folders_;
  std::string last_folder_;
  bool last_is_real_ = false;
};

}  // namespace

absl::StatusOr<Repository::WorkTree> SnapshotWorkspace(const OpenRepository& open) {
  if (open.worktree.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("git repository ", open.git_dir, " is bare: it has no workspace"));
  }
  return WorkspaceSnapshot(open).Take();
}

}  // namespace expq::git
