// A YAML text with the bytes of everything in it, for readers that must know the place and editors that must splice.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/yaml/yaml.h"

namespace expq::yaml {

// One node as it is written. Aliases are not followed here.
struct Node {
  enum class Kind { kScalar, kList, kMap, kAlias };
  // kEmpty: a value that is not written at all; begin == end is where it would stand.
  // kPair: the map of a single pair in a flow list without braces, as in [a: b].
  enum class Style { kPlain, kSingle, kDouble, kBlock, kFlow, kPair, kEmpty };
  struct Entry;

  Kind kind = Kind::kScalar;
  Style style = Style::kEmpty;
  // Bytes [begin, end) of the value without its anchor and tag; a block value ends with its last character.
  size_t begin = 0;
  size_t end = 0;
  // Where the anchor or tag begins, else == begin.
  size_t properties = 0;
  bool tagged = false;
  int anchor = 0;              // 0 = none; for kAlias the anchor it means
  std::string tag;             // full, empty without one
  std::string text;            // a scalar's content
  std::vector<Node> items;     // of a list
  std::vector<Entry> entries;  // of a map
};

struct Node::Entry {
  Node key;
  Node value;
};

// Errors as Parse, but for what only the values show (duplicate keys, wrong tags). The text may begin with a BOM;
// offsets count it. `empty` documents give a kEmpty node at the text's end.
absl::StatusOr<Node> ParseSource(absl::string_view text, absl::string_view file);

// A scalar key as the value tree names it ("014" is "14"), or "" for the merge key and for keys that are no scalars.
std::string KeyName(const Node& key);

// Whether an entry is `<<: …`.
bool IsMergeKey(const Node& key);

// A node's value: its own by tag and schema, aliases and merge keys resolved.
absl::StatusOr<Document> ToDocument(const Node& root, absl::string_view text, absl::string_view file);

// 1-based; the column counts characters.
Mark MarkAt(absl::string_view text, size_t offset);

// InvalidArgument "FILE:LINE:COLUMN: what".
absl::Status ErrorAt(absl::string_view file, Mark mark, absl::string_view what);

}  // namespace expq::yaml
