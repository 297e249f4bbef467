// A git repository through libgit2: snapshots of a dirty worktree, result commits, packs and refs.
// There is no in-memory twin: a real repository in a temporary folder costs 2 ms (docs/decisions).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/experiment/interfaces.h"

namespace expq::git {

using experiment::CommitId;

enum class FileMode { kFile, kExecutable, kSymlink };

struct TreeFile {
  std::string path;  // relative to the root, checked: no "..", no ".git" in any spelling
  std::string blob;  // 40 hex
  FileMode mode = FileMode::kFile;
};

struct Signature {
  std::string name;
  std::string email;
};

struct Change {
  std::string path;
  std::optional<std::string> bytes;  // nullopt = delete
  FileMode mode = FileMode::kFile;
};

struct CommitInfo {
  CommitId id;
  std::vector<CommitId> parents;
  std::string message;
  int64_t time = 0;  // committer, seconds since the epoch
};

// A line of a ref's reflog.
struct RefLogEntry {
  CommitId id;  // what the ref became
  std::string message;
};

// A ref to delete if that is its value.
struct RefDeletion {
  std::string ref;
  CommitId expected;
};

struct OpenRepository;

// Where a repository lies: absolute, no slash at the end.
struct RepositoryLayout {
  std::string worktree;    // "" when bare
  std::string git_dir;     // of this worktree
  std::string common_dir;  // shared by all worktrees
};

// Thread-compatible: one handle a thread (Open is cheap: 0.2 ms). Copies of refs and objects are read fresh.
class Repository {
 public:
  // The repository that `dir` is in: .git folder, .git file (worktree, submodule), bare. NotFound "not a git
  // repository". What is wrong inside a repository of the plain kind (a damaged config) is said by the first call that
  // needs it.
  static absl::StatusOr<std::unique_ptr<Repository>> Discover(const std::string& dir);
  // The repository of exactly this folder, a worktree or a .git or bare folder; NotFound, also when one is around it.
  static absl::StatusOr<std::unique_ptr<Repository>> Open(const std::string& dir);
  // Makes a bare repository when absent.
  static absl::StatusOr<std::unique_ptr<Repository>> OpenBare(const std::string& dir);
  ~Repository();

  std::string worktree() const;    // absolute, no slash at the end; "" when bare
  std::string git_dir() const;     // of this worktree
  std::string common_dir() const;  // shared by all worktrees: where .git/expq lives
  // All worktrees that share common_dir, the main one first: absolute, no slash at the end; also such as are gone.
  std::vector<std::string> Worktrees() const;
  // NotFound (hint: add a commit first) when there is none.
  absl::StatusOr<CommitId> Head() const;
  // "main", or "" when detached.
  std::string HeadBranch() const;
  // Any git revision. NotFound.
  absl::StatusOr<CommitId> Resolve(absl::string_view revision) const;
  absl::StatusOr<CommitInfo> Commit(const CommitId& id) const;
  absl::StatusOr<std::string> ConfigString(const std::string& key) const;  // NotFound when unset
  std::string OriginUrl() const;                                           // "" when none
  // user.name and user.email, or "expq <expq@localhost>".
  Signature User() const;
  // True for what .gitignore and friends leave out; `path` relative to the worktree.
  bool IsIgnored(const std::string& path) const;
  // True for a file in the index, and for a folder that has one; `path` relative to the worktree.
  bool IsTracked(const std::string& path) const;

  // The workspace as it is now as a tree: tracked files with their uncommitted changes and staged new files; never
  // untracked or ignored ones. Worktree, index, stash, HEAD and reflogs are not touched: nothing is written but, much
  // later, objects. An initialised submodule's files, as they are now, take the place of its link; FailedPrecondition
  // names a submodule that is not initialised, or a file with a merge conflict.
  // Returns the tree id (40 hex) and the index tree's. The new objects are seen by this handle only, until
  // CommitSnapshot or CommitChanges on it makes them durable; a snapshot that nobody commits leaves no trace.
  struct WorkTree {
    std::string tree;
    std::string index_tree;
  };
  absl::StatusOr<WorkTree> SnapshotTree() const;
  // `tree` with `changes`, to be committed by CommitSnapshot of this very handle.
  absl::StatusOr<std::string> ChangeTree(const std::string& tree, const std::vector<Change>& changes) const;
  // A git-stash-like commit of it: parents = HEAD and an index commit; durable on return, on no ref yet.
  absl::StatusOr<CommitId> CommitSnapshot(const WorkTree& tree, const CommitId& head, const std::string& message) const;

  // Every file of a commit's (or tree's) tree, sorted by path.
  absl::StatusOr<std::vector<TreeFile>> ListTree(const std::string& commit_or_tree) const;
  absl::StatusOr<std::string> ReadBlob(const std::string& blob) const;
  // The bytes of one file of a commit; NotFound.
  absl::StatusOr<std::string> ReadFile(const std::string& commit_or_tree, const std::string& path) const;

  // A commit with `changes` applied to `base_tree` (a commit or tree). Objects are durable on return (one small pack or
  // fsynced), no ref is moved. Cheap for few changes in large trees. A change wins over what is in its way: a file
  // where a folder was, or below what was a file. InvalidArgument for a path that no checkout should make.
  absl::StatusOr<CommitId> CommitChanges(const std::string& base_tree, const std::vector<Change>& changes,
                                         const std::vector<CommitId>& parents, const std::string& message) const;

  // Refs: "refs/…" → commit, durable on return, without a reflog. `expected` (when given) must be the present value
  // ("" = must not exist): Aborted. Unavailable when another process kept the ref locked for two seconds.
  absl::Status SetRef(const std::string& ref, const CommitId& id,
                      std::optional<CommitId> expected = std::nullopt) const;
  // Absent ones are fine. Durable on return; thousands at once are cheap.
  absl::Status DeleteRefs(const std::vector<std::string>& refs) const;
  // The same for those that are as expected; others stay.
  absl::Status DeleteRefsIf(const std::vector<RefDeletion>& refs) const;
  bool HasRef(const std::string& ref) const;
  // Symbolic refs are left out.
  absl::StatusOr<std::map<std::string, CommitId>> Refs(const std::string& prefix) const;
  // What the ref has been, newest first; empty without a reflog. A stash keeps all but its newest entry there alone.
  absl::StatusOr<std::vector<RefLogEntry>> RefLog(const std::string& ref) const;

  bool HasCommit(const CommitId& id) const;
  absl::Status WritePack(const std::vector<CommitId>& wants, const std::vector<CommitId>& haves,
                         const experiment::ByteSink& sink) const;
  // Indexes and checks a (thin) pack; all or nothing, durable. DataLoss for a broken one or one that names objects that
  // nobody has, ResourceExhausted for one beyond limits.h.
  absl::Status ReadPack(const experiment::ByteSource& pack) const;

 private:
  explicit Repository(std::unique_ptr<OpenRepository> open);
  explicit Repository(RepositoryLayout layout);
  // What libgit2 has of it, opened at the first call that needs it: starting the library costs 4 ms, and `repro`,
  // `status` and `queue` seldom need more than the layout.
  absl::StatusOr<const OpenRepository*> Opened() const;

  const RepositoryLayout layout_;
  mutable absl::once_flag once_;
  mutable absl::Status unopened_;
  mutable std::unique_ptr<OpenRepository> open_;
};

// "refs/exps/ab/cdef…/NAME" of a result, and "refs/expq/queue/SUBMISSION".
std::string ResultRef(const CommitId& baseline, absl::string_view name);
std::string SubmissionRef(const experiment::SubmissionId& id);

}  // namespace expq::git
