// YAML 1.2 as ruamel's safe loader reads it (DVC's reader), and the block style that DVC writes.
// Scalars are resolved by our own core schema (yes/no/on/off are strings, 014 is 14, 1e3 is a float, …); the table is
// in research/dvc-feature-map.md §4.1. Merge keys (<<) and anchors are resolved. yaml-cpp only parses.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/value/value.h"

namespace expq::yaml {

// 1-based; 0 = unknown.
struct Mark {
  int line = 0;
  int column = 0;
};

// A document with the place of everything in it.
struct Document {
  value::Value root;  // Null for an empty file
  // Where the key (for a map's entry) or the item (for a list's) stands, by its path: keys joined with '\x1f', list
  // indices as decimal. The root is "".
  std::map<std::string, Mark> marks;
  Mark At(const std::vector<std::string>& path) const;
};

// InvalidArgument "FILE:LINE:COLUMN: what is wrong" for syntax errors, duplicate keys, tabs, several documents,
// unknown tags, bytes that are not UTF-8. `file` only names it in messages.
absl::StatusOr<Document> Parse(absl::string_view text, absl::string_view file);

// A plain scalar by the core schema.
value::Value ResolvePlain(absl::string_view text);

// Block style as DVC's ruamel writes dvc.lock and .dvc files, byte for byte: sequences not indented under their key,
// lines folded at 80 columns, null as nothing, Python floats, quotes only where 1.2 needs them.
enum class Folding {
  kFaithful,  // not where ruamel's own reader would not get the same text back
  kAsRuamel,  // there too: a fold at two blanks loses one, and behind an escape one may be added
};
std::string Emit(const value::Value& root, Folding folding = Folding::kFaithful);

}  // namespace expq::yaml
