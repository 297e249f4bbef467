// libgit2's pointers as owners, and its error codes as Status. For this room's .cc files only.
#pragma once

#include <git2.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace expq::git {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
template <typename T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

using RepositoryHandle = Handle<git_repository, git_repository_free>;
using OdbHandle = Handle<git_odb, git_odb_free>;
using OdbObjectHandle = Handle<git_odb_object, git_odb_object_free>;
using ObjectHandle = Handle<git_object, git_object_free>;
using CommitHandle = Handle<git_commit, git_commit_free>;
using TreeHandle = Handle<git_tree, git_tree_free>;
using TreeEntryHandle = Handle<git_tree_entry, git_tree_entry_free>;
using TreeBuilderHandle = Handle<git_treebuilder, git_treebuilder_free>;
using IndexHandle = Handle<git_index, git_index_free>;
using ConfigHandle = Handle<git_config, git_config_free>;
using ConfigIteratorHandle = Handle<git_config_iterator, git_config_iterator_free>;
using ReferenceHandle = Handle<git_reference, git_reference_free>;
using SignatureHandle = Handle<git_signature, git_signature_free>;
using WorktreeHandle = Handle<git_worktree, git_worktree_free>;
using WalkHandle = Handle<git_revwalk, git_revwalk_free>;
using PackBuilderHandle = Handle<git_packbuilder, git_packbuilder_free>;
using IndexerHandle = Handle<git_indexer, git_indexer_free>;

// For a libgit2 "out" argument: git_repository_open(Out(handle), path). Fills `handle` at the end of the whole
// expression: use it in the next statement, not after an &&.
template <typename T, auto Free>
class Out {
 public:
  explicit Out(Handle<T, Free>& handle) : handle_(handle) {}
  ~Out() { handle_.reset(pointer_); }
  operator T**() { return &pointer_; }  // NOLINT: an implicit conversion is its purpose

 private:
  Handle<T, Free>& handle_;
  T* pointer_ = nullptr;
};
template <typename T, auto Free>
Out(std::unique_ptr<T, Freer<Free>>&) -> Out<T, Free>;

// Starts libgit2 and sets what this project needs of it, once per process. Thread-safe.
void StartLibrary();

// What libgit2 said when it returned the negative `code`, prefixed "what: ".
absl::Status LibraryError(int code, absl::string_view what);

std::string Hex(const git_oid& id);
// InvalidArgument unless 40 hex characters.
absl::StatusOr<git_oid> ParseOid(absl::string_view hex);

}  // namespace expq::git
