#include "common/git/handles.h"

#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

bool Start() {
  git_libgit2_init();
  // The owner is checked by Repository::Discover, which honours safe.directory = * (1.5.1 does not) and says what to
  // do.
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  // Neither extension changes what is read here; without them `git sparse-checkout` makes a repository unreadable.
  const char* extensions[] = {"worktreeconfig", "partialclone", "preciousobjects"};
  git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size(extensions));
  // libgit2 keeps up to 256 MiB of parsed objects by default: far more than trees of experiments need.
  git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, static_cast<ssize_t>(32) << 20);
  return true;
}

absl::StatusCode CodeOf(int code, int error_class, absl::string_view message) {
  if (absl::StrContains(message, "No space left") || absl::StrContains(message, "quota exceeded")) {
    return absl::StatusCode::kResourceExhausted;
  }
  if (absl::StrContains(message, "Permission denied") || absl::StrContains(message, "Read-only file system")) {
    return absl::StatusCode::kPermissionDenied;
  }
  // A repository of a newer or other kind: SHA-256, reftable, a split index.
  if (absl::StartsWith(message, "unsupported")) return absl::StatusCode::kUnimplemented;
  static constexpr std::pair<int, absl::StatusCode> kCodes[] = {
      {GIT_ENOTFOUND, absl::StatusCode::kNotFound},           {GIT_EUNBORNBRANCH, absl::StatusCode::kNotFound},
      {GIT_EEXISTS, absl::StatusCode::kAlreadyExists},        {GIT_EAMBIGUOUS, absl::StatusCode::kInvalidArgument},
      {GIT_EINVALIDSPEC, absl::StatusCode::kInvalidArgument}, {GIT_EINVALID, absl::StatusCode::kInvalidArgument},
      {GIT_ELOCKED, absl::StatusCode::kUnavailable},          {GIT_EBAREREPO, absl::StatusCode::kFailedPrecondition},
      {GIT_EUNMERGED, absl::StatusCode::kFailedPrecondition}, {GIT_ECONFLICT, absl::StatusCode::kFailedPrecondition},
      {GIT_EMISMATCH, absl::StatusCode::kDataLoss},
  };
  for (const auto& [known, status_code] : kCodes) {
    if (known == code) return status_code;
  }
  bool broken_bytes = error_class == GIT_ERROR_ZLIB || error_class == GIT_ERROR_INDEXER ||
                      error_class == GIT_ERROR_ODB || error_class == GIT_ERROR_OBJECT || error_class == GIT_ERROR_TREE;
  return broken_bytes ? absl::StatusCode::kDataLoss : absl::StatusCode::kInternal;
}

}  // namespace

void StartLibrary() {
  static const bool started = Start();
  (void)started;
}

absl::Status LibraryError(int code, absl::string_view what) {
  const git_error* error = git_error_last();
  absl::string_view message = error != nullptr && error->message != nullptr ? error->message : "unknown error";
  const absl::StatusCode status_code = CodeOf(code, error != nullptr ? error->klass : GIT_ERROR_NONE, message);
  const std::string text = absl::StrCat(what, ": ", message);
  // The only thing that libgit2 runs out of: bounds are ours.
  return status_code == absl::StatusCode::kResourceExhausted ? status::DiskFull(text) : absl::Status(status_code, text);
}

std::string Hex(const git_oid& id) {
  std::string hex(GIT_OID_HEXSZ, '\0');
  git_oid_fmt(hex.data(), &id);
  return hex;
}

absl::StatusOr<git_oid> ParseOid(absl::string_view hex) {
  StartLibrary();
  git_oid id;
  if (hex.size() != GIT_OID_HEXSZ || git_oid_fromstrn(&id, hex.data(), hex.size()) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("'", hex.substr(0, 80), "' is not a git object id"));
  }
  return id;
}

}  // namespace expq::git
