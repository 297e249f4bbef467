#include "common/pipeline/fields.h"

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

absl::StatusOr<std::string> FilledText(const Node& node, const std::string& raw, absl::string_view what,
                                       const Scope& scope, Composite composite) {
  if (raw.find("${") == std::string::npos) return raw;
  absl::StatusOr<value::Value> filled = FillIn(raw, scope, composite);
  if (!filled.ok()) return node.Located(filled.status());
  if (filled->is_string()) return *filled->string();
  if (filled->is_null()) return node.Error(absl::StrCat("expected ", what, ", but '", raw, "' is null"));
  return ScalarText(*filled);
}

}  // namespace

absl::StatusOr<std::string> ReadText(const Node& node, absl::string_view what, const Scope& scope,
                                     Composite composite) {
  if (!node.value().is_string()) return Mistyped(node, what);
  return FilledText(node, *node.value().string(), what, scope, composite);
}

absl::StatusOr<std::string> ReadName(const Node& node, absl::string_view what, const Scope& scope) {
  return FilledText(node, node.name(), what, scope, Composite::kRefuse);
}

absl::Status CheckTemplates(const Node& node, const Scope& scope) {
  const auto check = [&](const std::string& text) -> absl::Status {
    return node.Located(FillIn(text, scope, Composite::kRefuse).status());
  };
  if (node.value().is_string()) return check(*node.value().string());
  if (node.value().is_list()) {
    for (size_t i = 0; i < node.value().list()->size(); ++i) RETURN_IF_ERROR(CheckTemplates(node.Item(i), scope));
  }
  if (!node.value().is_map()) return absl::OkStatus();
  for (const value::Map::Entry& entry : *node.value().map()) {
    RETURN_IF_ERROR(check(entry.first));
    RETURN_IF_ERROR(CheckTemplates(node.Entry(entry), scope));
  }
  return absl::OkStatus();
}

}  // namespace expq::pipeline
