// Any TOML.
#include "common/params/params.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const absl::StatusOr<value::Value> parsed = params::ParseFile("params.toml", fuzz::Text(data, size));
  if (!parsed.ok()) return 0;
  fuzz::Claim(parsed->is_map(), "a file of params is a map");
  value::ToJson(*parsed);
  value::Flatten(*parsed);
  return 0;
}
