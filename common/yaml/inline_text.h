// A value on one line, to be put into a file that a person wrote.
#pragma once

#include <string>

#include "common/value/value.h"
#include "common/yaml/source.h"

namespace expq::yaml {

struct InlineStyle {
  bool in_flow = false;                      // between [] or {}
  Node::Style quotes = Node::Style::kPlain;  // kSingle or kDouble: what a string had here before, kept if possible
};

// Collections in flow style. Readers of YAML 1.1 and 1.2 agree on every scalar: 1.0e-05, 'yes', '1:30'.
std::string InlineText(const value::Value& value, const InlineStyle& style);

// A key as it stands before ':'.
std::string InlineKey(const value::Key& key, bool in_flow);

}  // namespace expq::yaml
