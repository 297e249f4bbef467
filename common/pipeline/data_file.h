// The bytes of a `.dvc` file, as `dvc add` writes them.
//
//   outs:
//   - md5: d51834de0d0bf85d6a6c9a4c881ad503.dir
//     size: 4
//     nfiles: 2        of a folder
//     isexec: true     of a file that is executable
//     hash: md5
//     path: data       relative to the file's own folder
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/blob/cache.h"
#include "common/digest/digest.h"

namespace expq::pipeline {

// What one of its outputs holds.
struct DataRecord {
  digest::Digest digest;
  std::optional<int64_t> size;    // DVC leaves it out where it has not summed it up
  std::optional<int64_t> nfiles;  // of a folder
  bool is_exec = false;

  static DataRecord Of(const blob::Content& content);
};

// A new file for one output.
std::string NewDataFile(absl::string_view path, const DataRecord& record);

// The text of `file` with what it says of `outs[out]` replaced: everything else stays as it was written.
// InvalidArgument names the file when it is no `.dvc` file.
absl::StatusOr<std::string> ChangeDataFile(const std::string& file, const std::string& text, int out,
                                           const DataRecord& record);

}  // namespace expq::pipeline
