// Any dvc.lock; what we write of it we read and write again, byte for byte, but for blanks that DVC's writer loses too
// where it folds a line at several, and anchors that nothing names.
#include "absl/strings/match.h"
#include "common/pipeline/lock.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  absl::StatusOr<pipeline::Lock> lock = pipeline::Lock::Parse(fuzz::Text(data, size), "dvc.lock");
  if (!lock.ok()) return 0;
  const std::string text = lock->Encode();
  absl::StatusOr<pipeline::Lock> again = pipeline::Lock::Parse(text, "dvc.lock");
  fuzz::Claim(again.ok(), "what we write we can read", absl::StrCat(again.status().ToString(), "\n", text));
  const std::string twice = again->Encode();
  const bool may_lose = absl::StrContains(text, "  \n") || absl::StrContains(text, ": &");
  fuzz::Claim(twice == text || may_lose, "written twice it is the same", absl::StrCat(text, "\n", twice));
  return 0;
}
