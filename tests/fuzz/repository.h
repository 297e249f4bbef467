// A repository in memory, made of one text.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "tests/support/memory_filesystem.h"

namespace expq::fuzz {

inline const std::string kRoot = "/repository";

// Writes one file of the repository.
inline void Put(testing::MemoryFilesystem& fs, const std::string& path, absl::string_view text) {
  const std::string full = fs::Join(kRoot, path);
  if (!fs.MakeDirs(fs::Dirname(full)).ok()) return;
  fs.Write(full, text, fs::Durability::kAtomic).IgnoreError();
}

// The text up to a line "=== NAME" is dvc.yaml, what follows such a line is the file NAME.
inline void PutAll(testing::MemoryFilesystem& fs, absl::string_view text) {
  std::string name = "dvc.yaml";
  while (true) {
    const size_t next = text.find("\n=== ");
    Put(fs, name, text.substr(0, next == absl::string_view::npos ? next : next + 1));
    if (next == absl::string_view::npos) return;
    text.remove_prefix(next + 5);
    const size_t end = text.find('\n');
    name = fs::Normalize(std::string(text.substr(0, end)));
    const bool inside = !name.empty() && name[0] != '/' && !fs::IsWithin(name, "..") && name != ".";
    if (!inside || end == absl::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace expq::fuzz
