// Any name in a git tree from outside: a path that is let through has only names that are.
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/git/tree_names.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const absl::string_view path = fuzz::Text(data, size);
  if (!git::CheckPath(path).ok()) return 0;
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    fuzz::Claim(git::CheckName(part).ok(), "every part of a path may be a name", part);
    fuzz::Claim(part != ".." && !absl::EqualsIgnoreCase(part, ".git"), "no part leads elsewhere", part);
  }
  return 0;
}
