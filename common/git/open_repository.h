// What a Repository holds. For this room's .cc files only.
#pragma once

#include <git2.h>

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

// PermissionDenied with a hint when git itself would refuse to look into a repository of another user
// (safe.directory), else OK.
absl::Status CheckOwner(git_repository* repo);

// The tree of the workspace of `open`, and its index's tree, as pending objects (Repository::SnapshotTree).
absl::StatusOr<Repository::WorkTree> SnapshotWorkspace(const OpenRepository& open);

}  // namespace expq::git
