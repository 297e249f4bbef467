// toml++ asserts, or in release builds lets the compiler assume, what some bad input breaks; without that it finds the
// mistake itself a little later.
#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include <algorithm>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/params/format.h"

namespace expq::params {
namespace {

using value::Value;

// Bounds the recursion below and in everything that walks the value later.
constexpr int kDeepest = 200;

Value FromNode(const toml::node& node, int depth);

Value FromTable(const toml::table& table, int depth) {
  // toml++ sorts keys; the document's order is in their places.
  std::vector<std::pair<const toml::key*, const toml::node*>> entries;
  for (const auto& [key, node] : table) entries.emplace_back(&key, &node);
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    const toml::source_position left = a.first->source().begin;
    const toml::source_position right = b.first->source().begin;
    return std::pair(left.line, left.column) < std::pair(right.line, right.column);
  });
  value::Map map;
  for (const auto& [key, node] : entries) {
    const std::string_view name = key->str();
    map.Set(absl::string_view(name.data(), name.size()), FromNode(*node, depth + 1));
  }
  return map;
}

template <typename Date>
Value FromDate(const Date& date) {
  std::ostringstream text;
  text << date;
  return value::Date{text.str()};
}

Value FromNode(const toml::node& node, int depth) {
  if (depth > kDeepest) throw std::length_error("nested too deeply");
  if (const toml::table* table = node.as_table()) return FromTable(*table, depth);
  if (const toml::array* array = node.as_array()) {
    value::List list;
    for (const toml::node& item : *array) list.push_back(FromNode(item, depth + 1));
    return list;
  }
  if (const auto* text = node.as_string()) return Value(std::string(text->get()));
  if (const auto* number = node.as_integer()) return Value(number->get());
  if (const auto* number = node.as_floating_point()) return Value(number->get());
  if (const auto* flag = node.as_boolean()) return Value(flag->get());
  if (const auto* date = node.as_date()) return FromDate(date->get());
  if (const auto* time = node.as_time()) return FromDate(time->get());
  if (const auto* moment = node.as_date_time()) return FromDate(moment->get());
  return Value();
}

}  // namespace

absl::StatusOr<Value> ParseToml(absl::string_view text, absl::string_view file) {
  try {
    return FromTable(toml::parse(std::string_view(text.data(), text.size())), 0);
  } catch (const toml::parse_error& e) {
    const toml::source_position at = e.source().begin;
    const std::string_view what = e.description();
    return absl::InvalidArgumentError(absl::StrCat(file, ":", static_cast<unsigned>(at.line), ":",
                                                   static_cast<unsigned>(at.column), ": ",
                                                   absl::string_view(what.data(), what.size())));
  } catch (const std::exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", e.what()));
  }
}

}  // namespace expq::params
