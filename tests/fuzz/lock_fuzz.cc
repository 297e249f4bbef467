// Any dvc.lock; what we write of it we read and write again, byte for byte, but for blanks that DVC's writer loses too
// where it folds a line at several. In a file with anchors lines stay as somebody else wrote them.
#include "absl/strings/match.h"
#include "common/pipeline/lock.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const absl::string_view given = fuzz::Text(data, size);
  absl::StatusOr<pipeline::Lock> lock = pipeline::Lock::Parse(given, "dvc.lock");
  if (!lock.ok()) return 0;
  const std::string text = lock->Encode();
  absl::StatusOr<pipeline::Lock> again = pipeline::Lock::Parse(text, "dvc.lock");
  fuzz::Claim(again.ok(), "what we write we can read", absl::StrCat(again.status().ToString(), "\n", text));
  const std::string twice = again->Encode();
  const bool may_differ = absl::StrContains(text, "  \n") || absl::StrContains(given, ": &");
  fuzz::Claim(twice == text || may_differ, "written twice it is the same", absl::StrCat(text, "\n", twice));
  return 0;
}
