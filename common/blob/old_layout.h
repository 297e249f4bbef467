// Objects as DVC 2 kept them, in its caches and remotes:
//
//   <root>/ab/cdef…[.dir]   named by the MD5 of the bytes; of text, as if its lines ended as on Unix
//
// What DVC 2 recorded (entries without a `hash`) DVC 3 still looks for there, and only there.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/digest/digest.h"
#include "common/fs/filesystem.h"

namespace expq::blob {

// "<root>/ab/cdef…"
std::string OldObjectPathIn(absl::string_view root, const digest::Digest& digest);

// The digest that DVC 2 gave to a file's bytes. Text is what looks like it in the first 512 bytes of each MiB, as DVC
// reads files.
absl::StatusOr<digest::Digest> OldDigestOf(const fs::FileReader& fs, const std::string& path);

}  // namespace expq::blob
