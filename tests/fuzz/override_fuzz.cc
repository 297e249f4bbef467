// Any `-S`; the texts of its grid are read back as what they stand for.
#include "common/params/params.h"
#include "common/params/sweep.h"
#include "tests/fuzz/target.h"

namespace {

using expq::params::ParamOverride;

void CheckReadBack(const ParamOverride& override, const std::string& text) {
  using namespace expq;
  const absl::StatusOr<ParamOverride> again = params::ParseOverride(text);
  fuzz::Claim(again.ok(), "what we write we can read", absl::StrCat(again.status().ToString(), "\n", text));
  fuzz::Claim(again->op == override.op && again->file == override.file && again->key == override.key &&
                  again->has_value == override.has_value && again->choices.size() <= 1,
              "the text says which key of which file", text);
  if (override.has_value) fuzz::ClaimIdentical(again->value, override.value, text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const absl::StatusOr<ParamOverride> parsed = params::ParseOverride(fuzz::Text(data, size));
  if (!parsed.ok() || parsed->choices.size() > 1000) return 0;
  const absl::StatusOr<std::vector<params::GridPoint>> grid = params::ExpandGrid({*parsed});
  if (!grid.ok()) return 0;
  for (const params::GridPoint& point : *grid) {
    for (size_t i = 0; i < point.overrides.size(); ++i) CheckReadBack(point.overrides[i], point.texts[i]);
  }
  return 0;
}
