// Changes in a JSON, TOML or Python text that leave every byte alone that they need not touch.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/source_tree.h"
#include "common/value/value.h"

namespace expq::params {

// How a format writes.
class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual absl::StatusOr<value::Value> Parse(absl::string_view text, absl::string_view file) const = 0;
  // The tree of a text that Parse takes.
  virtual absl::StatusOr<SourceNode> Read(absl::string_view text, absl::string_view file) const = 0;
  // A value on one line in the manner of what stood there (null: nothing). FailedPrecondition with a reason when the
  // format does not have it.
  virtual absl::StatusOr<std::string> Text(const value::Value& value, const SourceNode* old) const = 0;
  // A key in front of a new entry's separator.
  virtual absl::StatusOr<std::string> Key(absl::string_view name, bool in_block) const = 0;
  // Between a key and its value inside of brackets.
  virtual absl::string_view Separator() const = 0;
};

// The text changed so that it reads as `wanted`. FailedPrecondition with a reason when it cannot be changed in place.
absl::StatusOr<std::string> EditSource(const Dialect& dialect, absl::string_view file, absl::string_view text,
                                       const value::Value& wanted);

absl::StatusOr<std::string> EditJson(absl::string_view file, absl::string_view text, const value::Value& wanted);
absl::StatusOr<std::string> EditToml(absl::string_view file, absl::string_view text, const value::Value& wanted);
absl::StatusOr<std::string> EditPython(absl::string_view file, absl::string_view text, const value::Value& wanted);

}  // namespace expq::params
