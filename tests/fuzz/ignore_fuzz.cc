// Any .dvcignore (after the first line, which is a path): never slow, never far out.
#include "common/pipeline/ignore.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const auto [head, body] = fuzz::SplitHead(fuzz::Text(data, size));
  using pipeline::IgnorePatterns;
  for (const IgnorePatterns::Style style : {IgnorePatterns::Style::kGit, IgnorePatterns::Style::kDvc}) {
    IgnorePatterns patterns(style);
    patterns.Add(".", body);
    patterns.Add("sub", body);
    patterns.Ignores(head, false);
    patterns.Ignores("sub/" + head, true);
  }
  return 0;
}
