// Which names a tree from outside may bring to a disk.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace expq::git {

// OK, or InvalidArgument saying what is wrong with this name of a file or folder: empty, "." or "..", one with a slash
// or a zero byte, and ".git" in any spelling that a file system takes for it: other case, trailing dots and spaces and
// "git~1" and streams (NTFS), invisible characters (HFS+), also between backslashes.
absl::Status CheckName(absl::string_view name);

// The same for every component of a relative path; also refuses absolute and overlong ones.
absl::Status CheckPath(absl::string_view path);

}  // namespace expq::git
