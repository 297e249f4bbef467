// Reading trees: every name is checked before it goes anywhere near a disk.
#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/git/limits.h"
#include "common/git/open_repository.h"
#include "common/git/tree_names.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

class TreeLister {
 public:
  explicit TreeLister(const OpenRepository& open) : open_(open) {}

  absl::Status List(const git_tree* tree, const std::string& prefix, int depth) {
    if (depth > kMaxTreeDepth) return absl::ResourceExhaustedError(absl::StrCat("tree is too deep at ", prefix));
    absl::flat_hash_set<absl::string_view> names;
    for (size_t i = 0; i < git_tree_entrycount(tree); ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree, i);
      absl::string_view name = git_tree_entry_name(entry);
      if (absl::Status checked = CheckName(name); !checked.ok()) return status::Annotate(checked, Where(tree, prefix));
      // Twice the same name, once a link and once a folder, would write through the link.
      if (!names.insert(name).second) {
        return absl::InvalidArgumentError(absl::StrCat(Where(tree, prefix), ": name '", name, "' stands there twice"));
      }
      RETURN_IF_ERROR(Add(entry, absl::StrCat(prefix, name), depth));
    }
    return absl::OkStatus();
  }

  std::vector<TreeFile> Take() {
    std::sort(files_.begin(), files_.end(), [](const TreeFile& a, const TreeFile& b) { return a.path < b.path; });
    return std::move(files_);
  }

 private:
  static std::string Where(const git_tree* tree, const std::string& prefix) {
    return absl::StrCat("tree ", Hex(*git_tree_id(tree)), " ('", prefix, "')");
  }

  absl::Status Add(const git_tree_entry* entry, std::string path, int depth) {
    // Folders count too: a few trees that name each other many times make millions of them.
    if (path.size() > kMaxPathBytes || ++entries_ > kMaxTreeFiles) {
      return absl::ResourceExhaustedError(absl::StrCat("tree has too many files or too long paths at ", path));
    }
    git_filemode_t mode = git_tree_entry_filemode(entry);
    if (mode == GIT_FILEMODE_TREE) return AddFolder(entry, path, depth);
    if (mode == GIT_FILEMODE_BLOB) return AddFile(entry, std::move(path), FileMode::kFile);
    if (mode == GIT_FILEMODE_BLOB_EXECUTABLE) return AddFile(entry, std::move(path), FileMode::kExecutable);
    if (mode == GIT_FILEMODE_LINK) return AddFile(entry, std::move(path), FileMode::kSymlink);
    // A submodule that was left out: an empty folder at most.
    if (mode == GIT_FILEMODE_COMMIT) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("'", path, "' is of no known kind"));
  }

  absl::Status AddFolder(const git_tree_entry* entry, const std::string& path, int depth) {
    TreeHandle below;
    int code = git_tree_lookup(Out(below), open_.repo.get(), git_tree_entry_id(entry));
    if (code < 0) return LibraryError(code, absl::StrCat("cannot read folder ", path));
    return List(below.get(), path + "/", depth + 1);
  }

  absl::Status AddFile(const git_tree_entry* entry, std::string path, FileMode mode) {
    files_.push_back({.path = std::move(path), .blob = Hex(*git_tree_entry_id(entry)), .mode = mode});
    return absl::OkStatus();
  }

  const OpenRepository& open_;
  std::vector<TreeFile> files_;
  size_t entries_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<TreeFile>> Repository::ListTree(const std::string& commit_or_tree) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(TreeHandle tree, open->FindTree(commit_or_tree));
  TreeLister lister(*open);
  RETURN_IF_ERROR(lister.List(tree.get(), "", 0));
  return lister.Take();
}

}  // namespace expq::git
