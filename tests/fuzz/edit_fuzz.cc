// An override (first line) written into a file (the rest): the file then reads as the override applied to its values.
#include "common/params/apply.h"
#include "common/params/params.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const auto [head, body] = fuzz::SplitHead(fuzz::Text(data, size));
  const absl::StatusOr<params::ParamOverride> override = params::ParseOverride(head);
  // A composition (no key) replaces the text without reading it, and in YAML 1.1.
  if (!override.ok() || override->choices.size() > 1 || override->key.empty()) return 0;
  const absl::StatusOr<std::string> edited = params::ApplyOverrides(override->file, body, {*override});
  if (!edited.ok()) return 0;
  absl::StatusOr<value::Value> before = params::ParseFile(override->file, body);
  fuzz::Claim(before.ok(), "what is edited can be read", before.status().ToString());
  const absl::Status applied = params::ApplyToValue(override->file, *override, *before);
  fuzz::Claim(applied.ok(), "what is edited can be overridden", applied.ToString());
  const absl::StatusOr<value::Value> after = params::ParseFile(override->file, *edited);
  fuzz::Claim(after.ok(), "what was edited can be read", absl::StrCat(after.status().ToString(), "\n", *edited));
  fuzz::ClaimIdentical(*after, *before, "the edited text says what the override says");
  return 0;
}
