// Any YAML; what can be read and written is read back as it was.
#include "common/yaml/yaml.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const absl::StatusOr<yaml::Document> document = yaml::Parse(fuzz::Text(data, size), "f.yaml");
  if (!document.ok() || !document->root.is_map()) return 0;
  const std::string text = yaml::Emit(document->root);
  const absl::StatusOr<yaml::Document> again = yaml::Parse(text, "again.yaml");
  fuzz::Claim(again.ok(), "what we write we can read", absl::StrCat(again.status().ToString(), "\n", text));
  fuzz::ClaimIdentical(again->root, document->root, "what we write says what was read");
  return 0;
}
