// Any ${…} (first line) over any values (the rest, YAML).
#include "common/pipeline/scope.h"
#include "common/pipeline/template.h"
#include "common/yaml/yaml.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const auto [head, body] = fuzz::SplitHead(fuzz::Text(data, size));
  const absl::StatusOr<yaml::Document> values = yaml::Parse(body, "params.yaml");
  if (!values.ok() || !values->root.is_map()) return 0;
  pipeline::Scope scope;
  if (!scope.Merge(*values->root.map(), "params.yaml").ok()) return 0;
  for (pipeline::Composite composite :
       {pipeline::Composite::kRefuse, pipeline::Composite::kUnpack, pipeline::Composite::kKeep}) {
    const absl::StatusOr<value::Value> filled = pipeline::FillIn(head, scope, composite);
    if (!filled.ok() || pipeline::IsReference(head)) continue;
    fuzz::Claim(filled->is_string(), "a text with templates in it becomes a text", head);
  }
  return 0;
}
