// Hydra 1.3's basic override grammar, as DVC's -S takes it.
//
//   override: [FILE:] (KEY=[value] | +KEY=[value] | ++KEY=[value] | ~KEY[=[value]])
//   value:    element (',' element)*             more than one element is a sweep
//   element:  "quoted" | 'quoted' | [list] | {dict} | function(arguments) | unquoted text
//   key:      name or index, joined with dots; group/sub; either with @package
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/override_lexer.h"
#include "common/params/sweep.h"

namespace expq::params {

// Reads one text from left to right. Every error shows the text with a caret under the character it is about.
class OverrideParser {
 public:
  explicit OverrideParser(absl::string_view text);

  absl::StatusOr<ParamOverride> Parse();

  // The value that Hydra reads where it wrote this text itself, without quotes and what is special escaped.
  static absl::StatusOr<value::Value> ReadBare(absl::string_view text);

 private:
  absl::Status ParseFilePrefix(ParamOverride& out);
  void ParseOperation(ParamOverride& out);
  absl::Status ParseKey(ParamOverride& out);
  absl::StatusOr<std::string> ParseName(bool slashes);
  absl::Status ParseAssigned(ParamOverride& out);

  absl::StatusOr<Element> ParseValue();
  absl::StatusOr<Element> ParseElement();
  absl::StatusOr<value::Value> ParsePlain(absl::string_view holder);
  absl::StatusOr<Element> ParseList();
  absl::StatusOr<Element> ParseDict();
  absl::StatusOr<value::Value> ParseDictKey();
  absl::StatusOr<Element> ParseFunction();
  absl::StatusOr<Element> ParsePrimitive();
  // The tokens [begin, at_) joined; one that stands alone has a type.
  absl::StatusOr<value::Value> Joined(size_t begin) const;

  const Token& Peek(size_t ahead = 0) const;
  bool Take(Token::Kind kind);
  absl::Status Expected(absl::string_view what) const;
  absl::Status Error(size_t at, absl::string_view what) const;

  absl::string_view text_;
  size_t key_begin_ = 0;  // where the tokens begin: behind the file
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  std::unique_ptr<random::Random> random_;
};

}  // namespace expq::params
