// The expression of `show --filter`: 'acc > 0.9 and (units >= 64 or not tag == "old")'.
//
//   expr       = and { "or" and }         and  = not { "and" not }        not = "not" not | primary
//   primary    = "(" expr ")" | operand [ op operand ]                    op  = == = != < <= > >=
//   operand    = number | 'text' | "text" | true | false | name           name may hold dots, colons, dashes, slashes
//
// A bare word on the right that is no column is text: state == failed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/value/value.h"

namespace expq::cli {

// The value of a column in one row; null when the row has none.
using ColumnLookup = std::function<const value::Value*(const std::string& name)>;

class Filter {
 public:
  // InvalidArgument with a caret under what is wrong.
  static absl::StatusOr<Filter> Parse(absl::string_view text);

  // Checks the names: `known` says whether one is a column. The error names the first that is none.
  absl::Status Bind(const std::function<absl::Status(const std::string& name)>& known);
  // A comparison with a missing value, or of text with a number, is false (and != is true).
  bool Matches(const ColumnLookup& lookup) const;

  struct Node;
  using NodePtr = std::shared_ptr<Node>;

 private:
  explicit Filter(NodePtr root) : root_(std::move(root)) {}
  NodePtr root_;
};

}  // namespace expq::cli
