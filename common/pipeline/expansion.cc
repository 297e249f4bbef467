#include "common/pipeline/expansion.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/pipeline/template.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// An element of a list, with its text in a stage's name: a boolean written there is "true", one that came by a
// reference is "True" (DVC's own trap, and names are contract).
struct Element {
  value::Value value;
  std::string text;
  bool composite = false;
};

Element MakeElement(value::Value value, bool by_reference) {
  Element element;
  element.composite = value.is_map() || value.is_list();
  if (!element.composite) element.text = by_reference ? value::PythonText(value) : ScalarText(value);
  element.value = std::move(value);
  return element;
}

absl::StatusOr<value::Value> Filled(const Node& node, const Scope& scope) {
  absl::StatusOr<value::Value> filled = FillInAll(node.value(), scope);
  if (!filled.ok()) return node.Located(filled.status());
  return filled;
}

bool IsReferenceNode(const Node& node) { return node.value().is_string() && IsReference(*node.value().string()); }

absl::StatusOr<std::vector<Element>> ReadElements(const Node& node, const Scope& scope) {
  std::vector<Element> elements;
  if (IsReferenceNode(node)) {
    ASSIGN_OR_RETURN(const value::Value referred, Filled(node, scope));
    // A map stands for its keys, as in Python.
    if (referred.is_map()) {
      for (const auto& [key, value] : *referred.map()) elements.push_back(MakeElement(value::Value(key), false));
      return elements;
    }
    if (!referred.is_list()) {
      return node.Error(absl::StrCat("expected a list, but '", *node.value().string(), "' is ", KindName(referred)));
    }
    for (const value::Value& item : *referred.list()) elements.push_back(MakeElement(item, true));
    return elements;
  }
  if (!node.value().is_list()) return Mistyped(node, "a list");
  for (const Node& item : node.Items()) {
    ASSIGN_OR_RETURN(value::Value value, Filled(item, scope));
    elements.push_back(MakeElement(std::move(value), IsReferenceNode(item)));
  }
  return elements;
}

// Keeps the first place of a suffix and its last value, as a Python dict does.
class ExpansionList {
 public:
  void Put(Expansion expansion) {
    const auto [at, is_new] = places_.try_emplace(expansion.suffix, expansions_.size());
    if (is_new) {
      expansions_.push_back(std::move(expansion));
    } else {
      expansions_[at->second] = std::move(expansion);
    }
  }
  std::vector<Expansion> Take() { return std::move(expansions_); }

 private:
  std::vector<Expansion> expansions_;
  absl::flat_hash_map<std::string, size_t> places_;
};

std::vector<Expansion> OverMap(const value::Map& map) {
  ExpansionList list;
  for (const auto& [key, value] : map) {
    const std::string text = ScalarText(key.value());
    Expansion expansion{.suffix = text, .locals = {}};
    expansion.locals.Set("item", value);
    expansion.locals.Set("key", text);
    list.Put(std::move(expansion));
  }
  return list.Take();
}

std::vector<Expansion> OverList(std::vector<Element> elements) {
  const bool by_index = std::any_of(elements.begin(), elements.end(), [](const Element& e) { return e.composite; });
  ExpansionList list;
  for (size_t i = 0; i < elements.size(); ++i) {
    Expansion expansion{.suffix = by_index ? absl::StrCat(i) : elements[i].text, .locals = {}};
    expansion.locals.Set("item", std::move(elements[i].value));
    list.Put(std::move(expansion));
  }
  return list.Take();
}

struct Dimension {
  std::string name;
  std::vector<Element> elements;
};

Expansion CombinationAt(const std::vector<Dimension>& dimensions, size_t number) {
  // The last dimension varies fastest: peel from the end.
  std::vector<size_t> digits(dimensions.size());
  for (size_t d = dimensions.size(); d-- > 0;) {
    digits[d] = number % dimensions[d].elements.size();
    number /= dimensions[d].elements.size();
  }
  Expansion expansion;
  value::Map item;
  for (size_t d = 0; d < dimensions.size(); ++d) {
    const Element& element = dimensions[d].elements[digits[d]];
    absl::StrAppend(&expansion.suffix, d == 0 ? "" : "-",
                    element.composite ? absl::StrCat(dimensions[d].name, digits[d]) : element.text);
    item.Set(dimensions[d].name, element.value);
  }
  expansion.locals.Set("item", std::move(item));
  expansion.locals.Set("key", expansion.suffix);
  return expansion;
}

}  // namespace

absl::Status TooManyStages(const Node& node) {
  return node.Error(absl::StrCat("this makes more than ", kMaxStages, " stages"));
}

absl::StatusOr<std::vector<Expansion>> ExpandForeach(const Node& foreach, const Scope& scope) {
  if (IsReferenceNode(foreach)) {
    ASSIGN_OR_RETURN(const value::Value referred, Filled(foreach, scope));
    if (referred.is_map()) return OverMap(*referred.map());
  } else if (foreach.value().is_map()) {
    ASSIGN_OR_RETURN(const value::Value filled, Filled(foreach, scope));
    return OverMap(*filled.map());
  } else if (!foreach.value().is_list()) {
    return Mistyped(foreach, "a list or map");
  }
  ASSIGN_OR_RETURN(std::vector<Element> elements, ReadElements(foreach, scope));
  if (elements.size() > kMaxStages) return TooManyStages(foreach);
  return OverList(std::move(elements));
}

absl::StatusOr<std::vector<Expansion>> ExpandMatrix(const Node& matrix, const Scope& scope) {
  if (!matrix.value().is_map()) return Mistyped(matrix, "a map of lists");
  std::vector<Dimension> dimensions;
  size_t count = 1;
  for (const value::Map::Entry& entry : *matrix.value().map()) {
    const Node node = matrix.Entry(entry);
    ASSIGN_OR_RETURN(std::vector<Element> elements, ReadElements(node, scope));
    if (elements.size() > kMaxStages) return TooManyStages(node);
    count *= elements.size();
    if (count > kMaxStages) return TooManyStages(matrix);
    dimensions.push_back(Dimension{.name = entry.first, .elements = std::move(elements)});
  }
  if (dimensions.empty()) return matrix.Error("the matrix is empty");
  ExpansionList list;
  for (size_t number = 0; number < count; ++number) list.Put(CombinationAt(dimensions, number));
  return list.Take();
}

}  // namespace expq::pipeline
