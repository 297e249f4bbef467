// Any JSON; written as Python writes it, it is read back as it was.
#include "common/params/params.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const absl::StatusOr<value::Value> parsed = params::ParseJson(fuzz::Text(data, size));
  if (!parsed.ok()) return 0;
  const std::string text = value::ToJson(*parsed);
  const absl::StatusOr<value::Value> again = params::ParseJson(text);
  fuzz::Claim(again.ok(), "what we write we can read", absl::StrCat(again.status().ToString(), "\n", text));
  fuzz::ClaimIdentical(*again, *parsed, "what we write says what was read");
  return 0;
}
