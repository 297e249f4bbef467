#include "common/pipeline/node.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::pipeline {
const value::Map::Entry* Node::Find(absl::string_view key) const {
  for (const value::Map::Entry& entry : *value_.map()) {
    if (entry.first == key) return &entry;
  }
  return nullptr;
}

std::vector<Node> Node::Items() const {
  std::vector<Node> items;
  items.reserve(value_.list()->size());
  for (size_t i = 0; i < value_.list()->size(); ++i) items.push_back(Item(i));
  return items;
}

std::vector<std::string> Node::Path() const {
  std::vector<std::string> path;
  for (const Node* node = this; node->parent_ != nullptr; node = node->parent_) path.push_back(node->name_);
  std::reverse(path.begin(), path.end());
  return path;
}

yaml::Mark Node::mark() const {
  // Entries that came by a merge key have no place of their own.
  std::vector<std::string> path = Path();
  while (true) {
    yaml::Mark mark = document_.At(path);
    if (mark.line > 0 || path.empty()) return mark;
    path.pop_back();
  }
}

std::string Node::Place() const { return PlaceText(file_, mark()); }

absl::Status Node::Error(absl::string_view message) const {
  return absl::InvalidArgumentError(absl::StrCat(Place(), ": ", message));
}

absl::Status Node::Located(const absl::Status& status) const { return status::Annotate(status, Place()); }

std::string PlaceText(absl::string_view file, yaml::Mark mark) {
  if (mark.line == 0) return std::string(file);
  return absl::StrCat(file, ":", mark.line, ":", mark.column);
}

bool IsNothing(const value::Value& value) {
  double number = 0;
  if (value.AsDouble(&number)) return number == 0;
  if (value.is_map()) return value.map()->empty();
  if (value.is_list()) return value.list()->empty();
  return value.is_null() || (value.is_string() && value.string()->empty());
}

absl::string_view KindName(const value::Value& value) {
  if (value.is_null()) return "nothing";
  if (value.is_map()) return "a map";
  if (value.is_list()) return "a list";
  if (value.is_string()) return "a string";
  if (value.is_bool()) return "a boolean";
  if (value.is_int()) return "an integer";
  if (value.is_float()) return "a float";
  return "a date";
}

namespace {

// What was most likely meant.
std::string HintFor(const value::Value& value, absl::string_view expected) {
  if (value.is_map() && absl::StartsWith(expected, "a command")) {
    return "a ': ' makes a map of it: put the command into quotes";
  }
  if (!absl::StartsWith(expected, "a list") || absl::StrContains(expected, " or ")) return "";
  if (value.is_map()) return "put '- ' before each of them";
  const bool glued = value.is_string() && absl::StartsWith(*value.string(), "-");
  return glued ? "a blank is missing behind a '-'" : value.is_string() ? "write '- ' before it, or [ ] around it" : "";
}

}  // namespace

absl::Status Mistyped(const Node& node, absl::string_view expected) {
  const std::string prefix = node.IsEntry() ? absl::StrCat("'", node.name(), "': ") : "";
  const absl::Status error = node.Error(absl::StrCat(prefix, "expected ", expected, ", got ", KindName(node.value())));
  const std::string hint = HintFor(node.value(), expected);
  return hint.empty() ? error : status::WithHint(error, hint);
}

absl::Status CheckKeys(const Node& node, absl::string_view what, absl::Span<const absl::string_view> known) {
  if (!node.value().is_map()) {
    return node.Error(absl::StrCat(what, " must be a map, got ", KindName(node.value())));
  }
  for (const value::Map::Entry& entry : *node.value().map()) {
    if (std::find(known.begin(), known.end(), entry.first) != known.end()) continue;
    absl::Status error = node.Entry(entry).Error(absl::StrCat("unknown key '", entry.first, "' in ", what));
    const std::string near = params::Nearest(entry.first, std::vector<std::string>(known.begin(), known.end()));
    return near.empty() ? error : status::WithHint(error, absl::StrCat("did you mean '", near, "'?"));
  }
  return absl::OkStatus();
}

}  // namespace expq::pipeline
