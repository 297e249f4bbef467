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

absl::StatusOr<bool> ReadBool(const Node& node, const Scope& scope) {
  if (node.value().is_bool()) return *node.value().boolean();
  if (!node.value().is_string() || !IsReference(*node.value().string())) return Mistyped(node, "true or false");
  absl::StatusOr<value::Value> filled = FillIn(*node.value().string(), scope, Composite::kRefuse);
  if (!filled.ok()) return node.Located(filled.status());
  if (filled->is_bool()) return *filled->boolean();
  return node.Error(absl::StrCat("expected true or false, but '", *node.value().string(), "' is ", KindName(*filled)));
}

absl::Status CheckList(const Node& node) {
  return node.value().is_list() || node.value().is_null() ? absl::OkStatus() : Mistyped(node, "a list");
}

absl::StatusOr<std::vector<std::string>> ReadTexts(const Node& node, absl::string_view what, const Scope& scope) {
  RETURN_IF_ERROR(CheckList(node));
  std::vector<std::string> texts;
  if (node.value().is_null()) return texts;
  for (const Node& item : node.Items()) {
    ASSIGN_OR_RETURN(std::string text, ReadText(item, what, scope));
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace expq::pipeline
