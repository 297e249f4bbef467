// Any dvc.lock; what we write of it we read and write again, byte for byte.
#include "common/pipeline/lock.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  absl::StatusOr<pipeline::Lock> lock = pipeline::Lock::Parse(fuzz::Text(data, size), "dvc.lock");
  if (!lock.ok()) return 0;
  const std::string text = lock->Encode();
  absl::StatusOr<pipeline::Lock> again = pipeline::Lock::Parse(text, "dvc.lock");
  fuzz::Claim(again.ok(), "what we write we can read", absl::StrCat(again.status().ToString(), "\n", text));
  fuzz::Claim(again->Encode() == text, "written twice it is the same", absl::StrCat(text, "\n", again->Encode()));
  return 0;
}
