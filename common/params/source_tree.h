// A JSON, TOML or Python text with the bytes of everything in it, for the editor that splices.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace expq::params {

inline constexpr size_t kNowhere = absl::string_view::npos;

// Bytes [begin, end).
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

// One value as it is written.
struct SourceNode {
  enum class Kind { kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kScalar;
  // What it begins with: a bracket, a string's quote, or '\0'. A map without a bracket is a block: lines `name = value`
  // below each other (a Python module or class, a TOML table).
  char open = '\0';
  Span span;                      // of a block: nothing
  std::vector<SourceNode> items;  // of a list
  std::vector<Entry> entries;     // of a map
  std::vector<Span> removal;      // of an item that is a block: what goes when it goes

  // Of a block: the line's start or text's end where a new line belongs (kNowhere: nowhere), what stands there once
  // before the new lines, and what begins each of them.
  size_t insert_at = kNowhere;
  std::string insert_head;
  std::string insert_indent;
};

struct SourceNode::Entry {
  std::string name;
  Span key;
  SourceNode value;
  // In a block: what goes when the entry goes, and what takes its place. Nothing: it cannot go.
  std::vector<Span> removal;
  std::string substitute;
};

// Where a text's line with `at` begins and ends; the end is before "\n", or before "\r\n".
size_t LineStart(absl::string_view text, size_t at);
size_t LineEnd(absl::string_view text, size_t at);
// Behind the line's "\n", or the text's end.
size_t NextLine(absl::string_view text, size_t at);

}  // namespace expq::params
