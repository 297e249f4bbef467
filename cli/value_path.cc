#include "cli/value_path.h"

#include "absl/strings/numbers.h"

namespace expq::cli {
namespace {

using value::Value;

// The item of a list that `part` names ("0", "-1"), or null.
Value* Item(value::List& list, absl::string_view part) {
  int64_t index = 0;
  if (!absl::SimpleAtoi(part, &index)) return nullptr;
  const int64_t size = static_cast<int64_t>(list.size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? &list[static_cast<size_t>(index)] : nullptr;
}

Value* Child(Value& node, absl::string_view part, bool make) {
  if (value::List* list = node.list()) return Item(*list, part);
  if (!node.is_map()) {
    if (!make) return nullptr;
    node = Value(value::Map());
  }
  Value* child = node.map()->Find(part);
  return child != nullptr || !make ? child : &node.map()->Set(part, Value());
}

}  // namespace

void SetAt(Value& root, absl::string_view dotted, Value value) {
  Value* node = &root;
  while (node != nullptr && !dotted.empty()) {
    const size_t dot = dotted.find('.');
    node = Child(*node, dotted.substr(0, dot), true);
    dotted = dot == absl::string_view::npos ? absl::string_view() : dotted.substr(dot + 1);
  }
  if (node != nullptr) *node = std::move(value);
}

void EraseAt(Value& root, absl::string_view dotted) {
  Value* node = &root;
  for (size_t dot = dotted.find('.'); node != nullptr && dot != absl::string_view::npos; dot = dotted.find('.')) {
    node = Child(*node, dotted.substr(0, dot), false);
    dotted.remove_prefix(dot + 1);
  }
  if (node != nullptr && node->is_map()) node->map()->Erase(dotted);
}

}  // namespace expq::cli
