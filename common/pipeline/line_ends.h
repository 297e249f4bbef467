// Digests as DVC 2 made them: of text as if its lines ended as on Unix. Entries without a `hash` hold such ones.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/blob/cache.h"
#include "common/digest/digest.h"
#include "common/fs/filesystem.h"

namespace expq::pipeline {

// Of the file or directory at `path`, whose `content` is known.
absl::StatusOr<digest::Digest> DigestOfDvc2(const fs::FileReader& fs, const std::string& path,
                                            const blob::Content& content);

// Whether that is what was recorded, by DVC 3 or (`is_old`) by DVC 2.
absl::StatusOr<bool> IsAsRecorded(const fs::FileReader& fs, const std::string& path, const blob::Content& content,
                                  const digest::Digest& recorded, bool is_old);

}  // namespace expq::pipeline
