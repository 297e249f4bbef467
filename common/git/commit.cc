// Writing commits: changes applied to a tree, snapshots on top of HEAD.
#include <git2/sys/commit.h>

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "common/git/file_mode.h"
#include "common/git/open_repository.h"
#include "common/git/tree_names.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

// A folder stands right before what is in it: as if '/' were the smallest character.
bool PathBefore(absl::string_view a, absl::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return (x == '/' ? 0 : x) < (y == '/' ? 0 : y);
  });
}

using Changes = std::span<const Change* const>;

// Rewrites only the folders that have a change below them.
class TreeEditor {
 public:
  explicit TreeEditor(const OpenRepository& open) : open_(open) {}

  // The tree `base` (null: an empty one) with `changes`, whose paths share their first `prefix` bytes.
  // nullopt when nothing is left.
  absl::StatusOr<std::optional<git_oid>> Apply(const git_tree* base, Changes changes, size_t prefix) {
    TreeBuilderHandle builder;
    if (int code = git_treebuilder_new(Out(builder), open_.repo.get(), base); code < 0) {
      return LibraryError(code, "cannot edit a tree");
    }
    while (!changes.empty()) {
      std::string name = Component(*changes.front(), prefix);
      size_t count = 1;
      while (count < changes.size() && Component(*changes[count], prefix) == name) ++count;
      RETURN_IF_ERROR(ApplyTo(*builder, name, changes.subspan(0, count), prefix));
      changes = changes.subspan(count);
    }
    if (git_treebuilder_entrycount(builder.get()) == 0) return std::nullopt;
    git_oid id;
    if (int code = git_treebuilder_write(&id, builder.get()); code < 0)
      return LibraryError(code, "cannot write a tree");
    return id;
  }

 private:
  static std::string Component(const Change& change, size_t prefix) {
    return change.path.substr(prefix, change.path.find('/', prefix) - prefix);
  }

  // All changes to `name` and below it.
  absl::Status ApplyTo(git_treebuilder& builder, const std::string& name, Changes changes, size_t prefix) {
    const Change* own = changes.front()->path.size() == prefix + name.size() ? changes.front() : nullptr;
    if (own != nullptr) changes = changes.subspan(1);
    if (own != nullptr && own->bytes.has_value()) return PutFile(builder, name, *own, changes);
    if (own != nullptr) RemoveUnlessFolder(builder, name);
    return changes.empty() ? absl::OkStatus() : EditFolder(builder, name, changes, prefix + name.size() + 1);
  }

  absl::Status PutFile(git_treebuilder& builder, const std::string& name, const Change& change, Changes below) {
    for (const Change* other : below) {
      if (!other->bytes.has_value()) continue;
      return absl::InvalidArgumentError(absl::StrCat(change.path, " cannot be a file with ", other->path, " below it"));
    }
    git_oid blob;
    int code = git_blob_create_from_buffer(&blob, open_.repo.get(), change.bytes->data(), change.bytes->size());
    if (code == 0) code = git_treebuilder_insert(nullptr, &builder, name.c_str(), &blob, ModeOf(change.mode));
    return code < 0 ? LibraryError(code, absl::StrCat("cannot write ", change.path)) : absl::OkStatus();
  }

  static bool IsFolder(const git_tree_entry* entry) {
    return entry != nullptr && git_tree_entry_type(entry) == GIT_OBJECT_TREE;
  }

  static void RemoveUnlessFolder(git_treebuilder& builder, const std::string& name) {
    const git_tree_entry* entry = git_treebuilder_get(&builder, name.c_str());
    if (entry != nullptr && !IsFolder(entry)) git_treebuilder_remove(&builder, name.c_str());
  }

  absl::Status EditFolder(git_treebuilder& builder, const std::string& name, Changes changes, size_t prefix) {
    const git_tree_entry* entry = git_treebuilder_get(&builder, name.c_str());
    TreeHandle base;
    if (IsFolder(entry)) {
      int code = git_tree_lookup(Out(base), open_.repo.get(), git_tree_entry_id(entry));
      if (code < 0) return LibraryError(code, absl::StrCat("cannot read folder ", name));
    }
    ASSIGN_OR_RETURN(std::optional<git_oid> edited, Apply(base.get(), changes, prefix));
    int code = 0;
    if (edited.has_value()) {
      code = git_treebuilder_insert(nullptr, &builder, name.c_str(), &*edited, GIT_FILEMODE_TREE);
    } else if (base != nullptr) {
      code = git_treebuilder_remove(&builder, name.c_str());
    }
    return code < 0 ? LibraryError(code, absl::StrCat("cannot change folder ", name)) : absl::OkStatus();
  }

  const OpenRepository& open_;
};

// Sorted for TreeEditor; of two changes of one path the later counts.
absl::StatusOr<std::vector<const Change*>> Order(const std::vector<Change>& changes) {
  std::vector<const Change*> ordered;
  for (const Change& change : changes) {
    RETURN_IF_ERROR(CheckPath(change.path));
    ordered.push_back(&change);
  }
  // Those of one path as given: they stand in one vector.
  std::sort(ordered.begin(), ordered.end(),
            [](const Change* a, const Change* b) { return a->path == b->path ? a < b : PathBefore(a->path, b->path); });
  auto same = [](const Change* a, const Change* b) { return a->path == b->path; };
  auto kept = std::unique(ordered.rbegin(), ordered.rend(), same);
  ordered.erase(ordered.begin(), kept.base());
  return ordered;
}

absl::StatusOr<SignatureHandle> SignatureNow(const Signature& by) {
  SignatureHandle signature;
  if (git_signature_now(Out(signature), by.name.c_str(), by.email.c_str()) == 0) return signature;
  // A name that git does not take, such as "<>", must not cost the user a result.
  int code = git_signature_now(Out(signature), "expq", "expq@localhost");
  if (code < 0) return LibraryError(code, "cannot sign a commit");
  return signature;
}

absl::StatusOr<git_oid> EmptyTree(git_repository* repo) {
  TreeBuilderHandle builder;
  git_oid id;
  int code = git_treebuilder_new(Out(builder), repo, nullptr);
  if (code == 0) code = git_treebuilder_write(&id, builder.get());
  if (code < 0) return LibraryError(code, "cannot write an empty tree");
  return id;
}

absl::StatusOr<git_oid> ChangedTree(const OpenRepository& open, const std::string& base_tree,
                                    const std::vector<Change>& changes) {
  ASSIGN_OR_RETURN(TreeHandle base, open.FindTree(base_tree));
  ASSIGN_OR_RETURN(std::vector<const Change*> ordered, Order(changes));
  ASSIGN_OR_RETURN(std::optional<git_oid> tree, TreeEditor(open).Apply(base.get(), ordered, 0));
  return tree.has_value() ? *tree : EmptyTree(open.repo.get());
}

}  // namespace

absl::StatusOr<CommitId> OpenRepository::MakeCommit(const git_oid& tree, const std::vector<CommitId>& parents,
                                                    const std::string& message, const Signature& by) const {
  std::vector<git_oid> ids;
  for (const CommitId& parent : parents) {
    ASSIGN_OR_RETURN(git_oid id, ParseOid(parent.value));
    ids.push_back(id);
  }
  std::vector<const git_oid*> pointers;
  for (const git_oid& id : ids) pointers.push_back(&id);
  ASSIGN_OR_RETURN(SignatureHandle signature, SignatureNow(by));
  git_oid commit;
  int code = git_commit_create_from_ids(&commit, repo.get(), nullptr, signature.get(), signature.get(), nullptr,
                                        message.c_str(), &tree, pointers.size(), pointers.data());
  if (code < 0) return LibraryError(code, "cannot write a commit");
  return CommitId{Hex(commit)};
}

absl::StatusOr<std::string> Repository::ChangeTree(const std::string& tree, const std::vector<Change>& changes) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(git_oid changed, ChangedTree(*open, tree, changes));
  return Hex(changed);
}

absl::StatusOr<CommitId> Repository::CommitChanges(const std::string& base_tree, const std::vector<Change>& changes,
                                                   const std::vector<CommitId>& parents,
                                                   const std::string& message) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(git_oid tree, ChangedTree(*open, base_tree, changes));
  ASSIGN_OR_RETURN(CommitId commit, open->MakeCommit(tree, parents, message, User()));
  RETURN_IF_ERROR(open->Flush());
  return commit;
}

absl::StatusOr<CommitId> Repository::CommitSnapshot(const WorkTree& tree, const CommitId& head,
                                                    const std::string& message) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(git_oid work_tree, ParseOid(tree.tree));
  ASSIGN_OR_RETURN(git_oid index_tree, ParseOid(tree.index_tree));
  Signature by = User();
  ASSIGN_OR_RETURN(CommitId index,
                   open->MakeCommit(index_tree, {head}, absl::StrCat("index of ", head.value, "\n"), by));
  ASSIGN_OR_RETURN(CommitId commit, open->MakeCommit(work_tree, {head, index}, message, by));
  RETURN_IF_ERROR(open->Flush());
  return commit;
}

absl::StatusOr<Repository::WorkTree> Repository::SnapshotTree() const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  return SnapshotWorkspace(*open);
}

}  // namespace expq::git
