#include "absl/strings/strip.h"
#include "common/git/open_repository.h"

namespace expq::git {
namespace {

struct Names {
  git_strarray array{};
  ~Names() { git_strarray_dispose(&array); }
};

void Add(const char* path, std::vector<std::string>* worktrees) {
  if (path != nullptr) worktrees->emplace_back(absl::StripSuffix(absl::string_view(path), "/"));
}

}  // namespace

std::vector<std::string> Repository::Worktrees() const {
  std::vector<std::string> worktrees;
  const auto open = Opened();
  if (!open.ok()) return worktrees;
  RepositoryHandle main;
  if (git_repository_open(Out(main), layout_.common_dir.c_str()) == 0) {
    Add(git_repository_workdir(main.get()), &worktrees);
  }
  Names names;
  if (git_worktree_list(&names.array, (*open)->repo.get()) != 0) return worktrees;
  for (size_t i = 0; i < names.array.count; ++i) {
    WorktreeHandle worktree;
    if (git_worktree_lookup(Out(worktree), (*open)->repo.get(), names.array.strings[i]) != 0) continue;
    Add(git_worktree_path(worktree.get()), &worktrees);
  }
  return worktrees;
}

}  // namespace expq::git
