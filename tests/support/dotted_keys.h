// Every place of a document, by its dotted key: for tests that choose one at random.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/value/value.h"

namespace expq::testing {

inline void CollectDottedKeys(const value::Value& at, const std::string& prefix, std::vector<std::string>& out) {
  if (!prefix.empty()) out.push_back(prefix);
  const std::string dot = prefix.empty() ? "" : absl::StrCat(prefix, ".");
  if (const value::Map* map = at.map()) {
    for (const auto& [name, child] : *map) CollectDottedKeys(child, absl::StrCat(dot, name), out);
  } else if (const value::List* list = at.list()) {
    for (size_t i = 0; i < list->size(); ++i) CollectDottedKeys((*list)[i], absl::StrCat(dot, i), out);
  }
}

// Inner ones too, each before what is in it.
inline std::vector<std::string> DottedKeys(const value::Value& root) {
  std::vector<std::string> keys;
  CollectDottedKeys(root, "", keys);
  return keys;
}

}  // namespace expq::testing
