#include "common/git/submodule.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

absl::StatusOr<std::unique_ptr<OpenRepository>> OpenSubmodule(const OpenRepository& open, const std::string& path) {
  std::string folder = fs::Join(open.worktree, path);
  RepositoryHandle repo;
  // The folder itself, never one around it; its worktree could be configured to be anywhere.
  int code = git_repository_open_ext(Out(repo), folder.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (code == GIT_ENOTFOUND) {
    return status::WithHint(absl::FailedPreconditionError(absl::StrCat("submodule '", path, "' is not initialised")),
                            absl::StrCat("git submodule update --init ", path));
  }
  if (code < 0) return LibraryError(code, absl::StrCat("cannot open submodule '", path, "'"));
  ASSIGN_OR_RETURN(auto submodule, Prepare(std::move(repo)));
  if (!fs::IsWithin(submodule->worktree, open.worktree) || submodule->worktree.size() <= open.worktree.size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("submodule '", path, "' has its files elsewhere: ", submodule->worktree));
  }
  return submodule;
}

// Copies what a tree reaches from one object database to another, leaving out what is there already.
class TreeCopier {
 public:
  TreeCopier(const OpenRepository& from, const OpenRepository& to) : from_(from), to_(to) {}

  absl::Status Copy(const git_oid& id) {
    TreeHandle tree;
    if (int code = git_tree_lookup(Out(tree), from_.repo.get(), &id); code < 0) {
      return LibraryError(code, absl::StrCat("cannot read tree ", Hex(id)));
    }
    for (size_t i = 0; i < git_tree_entrycount(tree.get()); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      git_object_t type = git_tree_entry_type(entry);
      // Anything else is a link to a submodule that git was told not to look at.
      if (type == GIT_OBJECT_TREE) RETURN_IF_ERROR(Copy(*git_tree_entry_id(entry)));
      if (type == GIT_OBJECT_BLOB) RETURN_IF_ERROR(CopyOne(*git_tree_entry_id(entry)));
    }
    return CopyOne(id);
  }

 private:
  absl::Status CopyOne(const git_oid& id) {
    if (git_odb_exists_ext(to_.odb.get(), &id, GIT_ODB_LOOKUP_NO_REFRESH) == 1) return absl::OkStatus();
    OdbObjectHandle object;
    int code = git_odb_read(Out(object), from_.odb.get(), &id);
    git_oid written;
    if (code == 0) {
      code = git_odb_write(&written, to_.odb.get(), git_odb_object_data(object.get()),
                           git_odb_object_size(object.get()), git_odb_object_type(object.get()));
    }
    if (code < 0) return LibraryError(code, absl::StrCat("cannot copy object ", Hex(id)));
    return to_.pending->FlushWhenLarge(to_.odb.get(), to_.common_dir);
  }

  const OpenRepository& from_;
  const OpenRepository& to_;
};

// `tree` with the entry at `path` replaced by the folder `content`; an empty one vanishes, as git has no empty folders.
absl::StatusOr<git_oid> Graft(const OpenRepository& open, const git_oid& tree, absl::string_view path,
                              const git_oid& content) {
  size_t slash = path.find('/');
  std::string name(path.substr(0, slash));
  TreeHandle base;
  TreeBuilderHandle builder;
  int code = git_tree_lookup(Out(base), open.repo.get(), &tree);
  if (code == 0) code = git_treebuilder_new(Out(builder), open.repo.get(), base.get());
  if (code < 0) return LibraryError(code, "cannot edit a tree");
  git_oid below = content;
  if (slash != absl::string_view::npos) {
    const git_tree_entry* entry = git_treebuilder_get(builder.get(), name.c_str());
    if (entry == nullptr) return absl::InternalError(absl::StrCat("no folder for submodule ", path));
    ASSIGN_OR_RETURN(below, Graft(open, *git_tree_entry_id(entry), path.substr(slash + 1), content));
  }
  TreeHandle folder;
  code = git_tree_lookup(Out(folder), open.repo.get(), &below);
  bool is_empty = code == 0 && git_tree_entrycount(folder.get()) == 0;
  if (code == 0) {
    code = is_empty ? git_treebuilder_remove(builder.get(), name.c_str())
                    : git_treebuilder_insert(nullptr, builder.get(), name.c_str(), &below, GIT_FILEMODE_TREE);
  }
  git_oid edited;
  if (code == 0) code = git_treebuilder_write(&edited, builder.get());
  if (code < 0) return LibraryError(code, absl::StrCat("cannot put submodule files at ", path));
  return edited;
}

}  // namespace

absl::StatusOr<git_oid> GraftSubmodule(const OpenRepository& open, const git_oid& tree, const std::string& path) {
  ASSIGN_OR_RETURN(auto submodule, OpenSubmodule(open, path));
  auto snapshot = SnapshotWorkspace(*submodule);
  if (!snapshot.ok()) return status::Annotate(snapshot.status(), absl::StrCat("submodule '", path, "'"));
  ASSIGN_OR_RETURN(git_oid content, ParseOid(snapshot->tree));
  RETURN_IF_ERROR(TreeCopier(*submodule, open).Copy(content));
  return Graft(open, tree, path, content);
}

}  // namespace expq::git
