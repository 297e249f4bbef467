// Hydra 1.3's basic override grammar, as DVC's -S takes it.
//
//   override: [FILE:] (KEY=[value] | +KEY=[value] | ++KEY=[value] | ~KEY[=[value]])
//   value:    element (',' element)*             more than one element is a sweep
//   element:  "quoted" | 'quoted' | [list] | {dict} | function(arguments) | unquoted text
//   key:      name or index, joined with dots
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/sweep.h"

namespace expq::params {

// Reads one text from left to right. Every error shows the text with a caret under the character it is about.
class OverrideParser {
 public:
  explicit OverrideParser(absl::string_view text) : text_(text) {}

  absl::StatusOr<ParamOverride> Parse();

 private:
  absl::Status ParseFilePrefix(ParamOverride& out);
  void ParseOperation(ParamOverride& out);
  absl::StatusOr<std::string> ParseKey();
  absl::Status CheckKey(absl::string_view key, size_t begin) const;

  absl::StatusOr<Element> ParseValue();
  absl::StatusOr<Element> ParseElement();
  absl::StatusOr<Element> ParseQuoted();
  absl::StatusOr<Element> ParseList();
  absl::StatusOr<Element> ParseDict();
  absl::StatusOr<std::string> ParseDictKey();
  absl::StatusOr<Element> ParseFunction(const std::string& name);
  absl::StatusOr<Argument> ParseArgument();
  // Unquoted text up to something that cannot stand in it; `stop` is one more such character (0 = none).
  absl::StatusOr<Element> ParseUnquoted(char stop);
  absl::Status SkipInterpolation(std::string& out);

  // The function's name when `name (` stands here, and the place behind the parenthesis; else "".
  std::string FunctionAhead(size_t& behind) const;
  bool Done() const { return at_ >= text_.size(); }
  char Peek() const { return Done() ? '\0' : text_[at_]; }
  bool Take(char c);
  void SkipBlanks();
  absl::Status Expected(absl::string_view what) const;
  absl::Status Error(size_t at, absl::string_view what) const;

  absl::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace expq::params
