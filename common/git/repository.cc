#include "common/git/repository.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/git/limits.h"
#include "common/git/object_files.h"
#include "common/git/open_repository.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

std::string WithoutSlash(const char* path) {
  return path == nullptr ? "" : std::string(absl::StripSuffix(absl::string_view(path), "/"));
}

absl::Status NoCommitYet(const OpenRepository& open) {
  return status::WithHint(
      absl::NotFoundError(
          absl::StrCat("git repository ", open.worktree.empty() ? open.git_dir : open.worktree, " has no commit yet")),
      "add a commit first: git add … && git commit");
}

}  // namespace

absl::StatusOr<std::unique_ptr<OpenRepository>> Prepare(RepositoryHandle repo) {
  auto open = std::make_unique<OpenRepository>();
  if (int code = git_repository_odb(Out(open->odb), repo.get()); code < 0) {
    return LibraryError(code, "cannot open the object database");
  }
  ASSIGN_OR_RETURN(open->pending, PendingObjects::Attach(open->odb.get()));
  open->worktree = WithoutSlash(git_repository_workdir(repo.get()));
  open->git_dir = WithoutSlash(git_repository_path(repo.get()));
  open->common_dir = WithoutSlash(git_repository_commondir(repo.get()));
  open->repo = std::move(repo);
  SweepLeftovers(open->common_dir);
  return open;
}

absl::StatusOr<CommitHandle> OpenRepository::FindCommit(const CommitId& id) const {
  ASSIGN_OR_RETURN(git_oid oid, ParseOid(id.value));
  CommitHandle commit;
  if (int code = git_commit_lookup(Out(commit), repo.get(), &oid); code < 0) {
    return LibraryError(code, absl::StrCat("no commit ", id.value));
  }
  return commit;
}

absl::StatusOr<TreeHandle> OpenRepository::FindTree(const std::string& commit_or_tree) const {
  ASSIGN_OR_RETURN(git_oid oid, ParseOid(commit_or_tree));
  ObjectHandle object;
  int code = git_object_lookup(Out(object), repo.get(), &oid, GIT_OBJECT_ANY);
  ObjectHandle tree;
  if (code == 0) code = git_object_peel(Out(tree), object.get(), GIT_OBJECT_TREE);
  if (code < 0) return LibraryError(code, absl::StrCat("no tree ", commit_or_tree));
  return TreeHandle(reinterpret_cast<git_tree*>(tree.release()));
}

absl::StatusOr<std::string> OpenRepository::ReadBlob(const git_oid& id) const {
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  int code = git_odb_read_header(&size, &type, odb.get(), &id);
  if (code < 0) return LibraryError(code, absl::StrCat("no blob ", Hex(id)));
  if (type != GIT_OBJECT_BLOB) {
    return absl::NotFoundError(
        absl::StrCat("object ", Hex(id), " is a ", git_object_type2string(type), ", not a blob"));
  }
  if (size > kMaxBlobBytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("blob ", Hex(id), " has ", size, " bytes, more than ", kMaxBlobBytes));
  }
  OdbObjectHandle object;
  code = git_odb_read(Out(object), odb.get(), &id);
  if (code < 0) return LibraryError(code, absl::StrCat("cannot read blob ", Hex(id)));
  return std::string(static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get()));
}

bool OpenRepository::ConfigBool(const char* key, bool when_unset) const {
  ConfigHandle config;
  int value = 0;
  if (git_repository_config_snapshot(Out(config), repo.get()) != 0) return when_unset;
  return git_config_get_bool(&value, config.get(), key) == 0 ? value != 0 : when_unset;
}

std::string OpenRepository::ConfigText(const char* key) const {
  ConfigHandle config;
  const char* value = nullptr;
  if (git_repository_config_snapshot(Out(config), repo.get()) != 0) return "";
  return git_config_get_string(&value, config.get(), key) == 0 ? value : "";
}

Repository::Repository(std::unique_ptr<OpenRepository> open)
    : layout_{open->worktree, open->git_dir, open->common_dir}, open_(std::move(open)) {}
Repository::Repository(RepositoryLayout layout) : layout_(std::move(layout)) {}
Repository::~Repository() = default;

absl::StatusOr<const OpenRepository*> Repository::Opened() const {
  absl::call_once(once_, [this] {
    if (open_ != nullptr) return;
    auto open = OpenChecked(layout_.git_dir, GIT_REPOSITORY_OPEN_NO_SEARCH);
    if (open.ok()) {
      open_ = *std::move(open);
    } else {
      unopened_ = open.status();
    }
  });
  if (!unopened_.ok()) return unopened_;
  return open_.get();
}

absl::StatusOr<std::unique_ptr<OpenRepository>> OpenChecked(const std::string& dir, unsigned flags) {
  StartLibrary();
  RepositoryHandle repo;
  int code = git_repository_open_ext(Out(repo), dir.c_str(), flags, nullptr);
  if (code == GIT_ENOTFOUND) {
    return status::WithHint(absl::NotFoundError(absl::StrCat(dir, " is not in a git repository")), "git init");
  }
  if (code < 0) return LibraryError(code, absl::StrCat("cannot open the git repository of ", dir));
  RETURN_IF_ERROR(CheckOwner(repo.get()));
  return Prepare(std::move(repo));
}

absl::StatusOr<std::unique_ptr<Repository>> Repository::Discover(const std::string& dir) {
  if (std::optional<RepositoryLayout> layout = FindPlainRepository(dir); layout) {
    return std::unique_ptr<Repository>(new Repository(*std::move(layout)));
  }
  ASSIGN_OR_RETURN(auto open, OpenChecked(dir, 0));
  return std::unique_ptr<Repository>(new Repository(std::move(open)));
}

absl::StatusOr<std::unique_ptr<Repository>> Repository::Open(const std::string& dir) {
  ASSIGN_OR_RETURN(auto open, OpenChecked(dir, GIT_REPOSITORY_OPEN_NO_SEARCH));
  return std::unique_ptr<Repository>(new Repository(std::move(open)));
}

absl::StatusOr<std::unique_ptr<Repository>> Repository::OpenBare(const std::string& dir) {
  StartLibrary();
  RepositoryHandle repo;
  int code = git_repository_open_ext(Out(repo), dir.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH | GIT_REPOSITORY_OPEN_BARE,
                                     nullptr);
  if (code == GIT_ENOTFOUND) {
    git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_DOTGIT_DIR;
    options.initial_head = "main";
    code = git_repository_init_ext(Out(repo), dir.c_str(), &options);
  }
  if (code < 0) return LibraryError(code, absl::StrCat("cannot open git repository ", dir));
  ASSIGN_OR_RETURN(auto open, Prepare(std::move(repo)));
  return std::unique_ptr<Repository>(new Repository(std::move(open)));
}

std::string Repository::worktree() const { return layout_.worktree; }
std::string Repository::git_dir() const { return layout_.git_dir; }
std::string Repository::common_dir() const { return layout_.common_dir; }

absl::StatusOr<CommitId> Repository::Head() const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  git_oid id;
  int code = git_reference_name_to_id(&id, open->repo.get(), "HEAD");
  if (code == GIT_ENOTFOUND || code == GIT_EUNBORNBRANCH) return NoCommitYet(*open);
  if (code < 0) return LibraryError(code, "cannot read HEAD");
  return CommitId{Hex(id)};
}

std::string Repository::HeadBranch() const {
  const auto open = Opened();
  ReferenceHandle head;
  if (!open.ok() || git_reference_lookup(Out(head), (*open)->repo.get(), "HEAD") != 0) return "";
  const char* target = git_reference_symbolic_target(head.get());
  return target == nullptr ? "" : std::string(absl::StripPrefix(absl::string_view(target), "refs/heads/"));
}

absl::StatusOr<CommitId> Repository::Resolve(absl::string_view revision) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  std::string text(revision);
  ObjectHandle object;
  int code = git_revparse_single(Out(object), open->repo.get(), text.c_str());
  ObjectHandle commit;
  if (code == 0) code = git_object_peel(Out(commit), object.get(), GIT_OBJECT_COMMIT);
  if (code == 0) return CommitId{Hex(*git_object_id(commit.get()))};
  absl::Status error = LibraryError(code, absl::StrCat("unknown git revision '", text, "'"));
  return absl::IsInvalidArgument(error) || absl::IsFailedPrecondition(error) ? absl::NotFoundError(error.message())
                                                                             : error;
}

absl::StatusOr<CommitInfo> Repository::Commit(const CommitId& id) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(CommitHandle commit, open->FindCommit(id));
  CommitInfo info;
  info.id = id;
  for (unsigned i = 0; i < git_commit_parentcount(commit.get()); ++i) {
    info.parents.push_back({Hex(*git_commit_parent_id(commit.get(), i))});
  }
  info.message = git_commit_message_raw(commit.get());
  info.time = git_commit_time(commit.get());
  return info;
}

absl::StatusOr<std::string> Repository::ConfigString(const std::string& key) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ConfigHandle config;
  int code = git_repository_config_snapshot(Out(config), open->repo.get());
  const char* value = nullptr;
  if (code == 0) code = git_config_get_string(&value, config.get(), key.c_str());
  if (code < 0) return LibraryError(code, absl::StrCat("git config ", key));
  return std::string(value);
}

std::string Repository::OriginUrl() const { return ConfigString("remote.origin.url").value_or(""); }

Signature Repository::User() const {
  return {.name = ConfigString("user.name").value_or("expq"),
          .email = ConfigString("user.email").value_or("expq@localhost")};
}

bool Repository::IsIgnored(const std::string& path) const {
  const auto open = Opened();
  int ignored = 0;
  return open.ok() && git_ignore_path_is_ignored(&ignored, (*open)->repo.get(), path.c_str()) == 0 && ignored != 0;
}

bool Repository::IsTracked(const std::string& path) const {
  const auto open = Opened();
  git_index* raw = nullptr;
  if (!open.ok() || git_repository_index(&raw, (*open)->repo.get()) != 0) return false;
  const IndexHandle index(raw);
  git_index_read(raw, /*force=*/0);  // an unreadable one is as good as none
  if (git_index_get_bypath(raw, path.c_str(), 0) != nullptr) return true;
  return git_index_find_prefix(nullptr, raw, (path + "/").c_str()) == 0;
}

bool Repository::HasCommit(const CommitId& id) const {
  const auto open = Opened();
  return open.ok() && (*open)->FindCommit(id).ok();
}

absl::StatusOr<std::string> Repository::ReadBlob(const std::string& blob) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(git_oid id, ParseOid(blob));
  return open->ReadBlob(id);
}

absl::StatusOr<std::string> Repository::ReadFile(const std::string& commit_or_tree, const std::string& path) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(TreeHandle tree, open->FindTree(commit_or_tree));
  TreeEntryHandle entry;
  if (int code = git_tree_entry_bypath(Out(entry), tree.get(), path.c_str()); code < 0) {
    return LibraryError(code, absl::StrCat("no file ", path, " in ", commit_or_tree));
  }
  if (git_tree_entry_type(entry.get()) != GIT_OBJECT_BLOB) {
    return absl::NotFoundError(absl::StrCat(path, " is not a file in ", commit_or_tree));
  }
  return open->ReadBlob(*git_tree_entry_id(entry.get()));
}

}  // namespace expq::git
