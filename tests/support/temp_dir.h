// A folder of its own for one test, under TMPDIR, removed with everything in it at the end.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace expq::testing {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  // path() + "/" + relative
  std::string operator/(absl::string_view relative) const;
  // Writes a file below, with its parent folders; the test fails when that fails. Returns its path.
  std::string Write(absl::string_view relative, absl::string_view bytes, uint32_t mode = 0644) const;
  // The bytes of a file below; the test fails when there is none.
  std::string Read(absl::string_view relative) const;

 private:
  std::string path_;
};

}  // namespace expq::testing
