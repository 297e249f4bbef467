#include "common/git/pack_builder.h"

#include <git2/sys/refdb_backend.h>
#include <git2/sys/repository.h>

#include <memory>

namespace expq::git {
namespace {

using RefDbHandle = Handle<git_refdb, git_refdb_free>;

int MakeEmptyIterator(git_reference_iterator** out, git_refdb_backend*, const char*) {
  auto iterator = std::make_unique<git_reference_iterator>();
  *iterator = {};
  iterator->next = [](git_reference**, git_reference_iterator*) -> int { return GIT_ITEROVER; };
  iterator->next_name = [](const char**, git_reference_iterator*) -> int { return GIT_ITEROVER; };
  iterator->free = [](git_reference_iterator* self) { delete self; };
  *out = iterator.release();
  return 0;
}

// For every callback that asks for or changes one ref or reflog.
template <typename... Arguments>
int ThereIsNone(Arguments...) {
  return GIT_ENOTFOUND;
}

// libgit2 takes a backend only with all of these.
std::unique_ptr<git_refdb_backend> NoRefs() {
  auto backend = std::make_unique<git_refdb_backend>();
  git_refdb_init_backend(backend.get(), GIT_REFDB_BACKEND_VERSION);
  backend->exists = [](int* exists, git_refdb_backend*, const char*) -> int {
    *exists = 0;
    return 0;
  };
  backend->lookup = ThereIsNone;
  backend->iterator = MakeEmptyIterator;
  backend->write = ThereIsNone;
  backend->rename = ThereIsNone;
  backend->del = ThereIsNone;
  backend->has_log = [](git_refdb_backend*, const char*) -> int { return 0; };
  backend->ensure_log = ThereIsNone;
  backend->reflog_read = ThereIsNone;
  backend->reflog_write = ThereIsNone;
  backend->reflog_rename = ThereIsNone;
  backend->reflog_delete = ThereIsNone;
  backend->free = [](git_refdb_backend* self) { delete self; };
  return backend;
}

}  // namespace

absl::StatusOr<RepositoryHandle> WithoutRefs(git_odb* odb) {
  RepositoryHandle repo;
  ConfigHandle config;
  RefDbHandle refs;
  int code = git_repository_wrap_odb(Out(repo), odb);
  if (code == 0) code = git_config_new(Out(config));
  if (code == 0) code = git_repository_set_config(repo.get(), config.get());
  if (code == 0) code = git_refdb_new(Out(refs), repo.get());
  if (code < 0) return LibraryError(code, "cannot prepare packing");
  std::unique_ptr<git_refdb_backend> backend = NoRefs();
  code = git_refdb_set_backend(refs.get(), backend.get());
  if (code < 0) return LibraryError(code, "cannot prepare packing");
  backend.release();  // the refdb's now
  code = git_repository_set_refdb(repo.get(), refs.get());
  if (code < 0) return LibraryError(code, "cannot prepare packing");
  return repo;
}

}  // namespace expq::git
