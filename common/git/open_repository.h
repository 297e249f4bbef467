// What a Repository holds. For this room's .cc files only.
#pragma once

#include <git2.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"
#include "common/git/handles.h"
#include "common/git/pending_objects.h"
#include "common/git/repository.h"

namespace expq::git {

struct OpenRepository {
  RepositoryHandle repo;
  OdbHandle odb;
  PendingObjects* pending = nullptr;  // owned by odb
  fs::PosixFilesystem disk;
  std::string worktree;  // no slash at the end; "" when bare
  std::string git_dir;
  std::string common_dir;

  bool Has(const git_oid& id) const { return git_odb_exists(odb.get(), &id) == 1; }
  // NotFound when there is no such commit; `id` is not a tag.
  absl::StatusOr<CommitHandle> FindCommit(const CommitId& id) const;
  // The tree of a commit, tag or tree id.
  absl::StatusOr<TreeHandle> FindTree(const std::string& commit_or_tree) const;
  absl::StatusOr<std::string> ReadBlob(const git_oid& id) const;
  std::string ConfigText(const char* key) const;  // "" when unset
  bool ConfigBool(const char* key, bool when_unset) const;
  // A new commit, not durable before Flush.
  absl::StatusOr<CommitId> MakeCommit(const git_oid& tree, const std::vector<CommitId>& parents,
                                      const std::string& message, const Signature& by) const;
  absl::Status Flush() const { return pending->Flush(odb.get(), common_dir); }
};

// Wraps an opened git_repository: paths, object database, pending objects.
absl::StatusOr<std::unique_ptr<OpenRepository>> Prepare(RepositoryHandle repo);

// The repository that `dir` is in, or with GIT_REPOSITORY_OPEN_NO_SEARCH exactly that one, if it may be used
// (CheckOwner).
absl::StatusOr<std::unique_ptr<OpenRepository>> OpenChecked(const std::string& dir, unsigned flags);

// The layout of the repository that `dir` is in, found by its files alone when it is the plain kind: our own `.git`
// folder in the worktree, on one disk, with nothing in its configuration that could put the worktree elsewhere. Nothing
// for all others: libgit2 finds those, and knows what is wrong.
std::optional<RepositoryLayout> FindPlainRepository(const std::string& dir);

// True for what belongs to this user, or to who called sudo.
absl::StatusOr<bool> IsOwn(const std::string& path);

// PermissionDenied with a hint when git itself would refuse to look into a repository of another user
// (safe.directory), else OK.
absl::Status CheckOwner(git_repository* repo);

// The tree of the workspace of `open`, and its index's tree, as pending objects (Repository::SnapshotTree).
absl::StatusOr<Repository::WorkTree> SnapshotWorkspace(const OpenRepository& open);

}  // namespace expq::git
