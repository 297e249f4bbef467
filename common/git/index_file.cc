#include "common/git/index_file.h"

#include <git2.h>

#include "absl/strings/str_cat.h"
#include "common/git/file_mode.h"
#include "common/git/handles.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

git_index_time TimeOf(int64_t ns) {
  return {.seconds = static_cast<int32_t>(ns / kSecond), .nanoseconds = static_cast<uint32_t>(ns % kSecond)};
}

}  // namespace

absl::Status WriteIndex(const std::string& path, const std::vector<IndexEntry>& entries) {
  StartLibrary();
  IndexHandle index;
  int code = git_index_open(Out(index), path.c_str());
  for (const IndexEntry& from : entries) {
    if (code < 0) break;
    git_index_entry entry{};
    entry.path = from.file.path.c_str();
    ASSIGN_OR_RETURN(entry.id, ParseOid(from.file.blob));
    entry.mode = ModeOf(from.file.mode);
    // The format has 32 bits for each of these; git compares no more.
    entry.file_size = static_cast<uint32_t>(from.info.size);
    entry.ino = static_cast<uint32_t>(from.info.inode);
    entry.dev = static_cast<uint32_t>(from.info.device);
    entry.uid = from.info.uid;
    entry.gid = from.info.gid;
    entry.mtime = TimeOf(from.info.mtime_ns);
    entry.ctime = TimeOf(from.info.ctime_ns);
    code = git_index_add(index.get(), &entry);
  }
  if (code >= 0) code = git_index_write(index.get());
  return code < 0 ? LibraryError(code, absl::StrCat("cannot write ", path)) : absl::OkStatus();
}

}  // namespace expq::git
