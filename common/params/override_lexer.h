// The words of Hydra 1.3's override grammar. Up to the first '=' stands the key, behind it the value; each has words of
// its own. The longest word wins, then the first of the list. Blanks belong to the brackets, commas, colons and equals
// signs beside them, as in Hydra: that is why `a=[1] ` is an error and `a=[ 1 ]` is none.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/value/value.h"

namespace expq::params {

struct Token {
  enum class Kind {
    kEqual,
    kTilde,
    kPlus,
    kAt,
    kSlash,
    kSpecial,  // a name with '$'
    kPath,     // names and indices joined with dots
    kOpen,
    kComma,
    kClose,
    kBracketOpen,
    kBracketClose,
    kBraceOpen,
    kBraceClose,
    kColon,
    kFloat,
    kInt,
    kBool,
    kNull,
    kMark,  // one of / - \ + . $ % * @ ? |
    kName,
    kEscape,
    kBlank,
    kQuoted,
    kInterpolation,
    kEnd,
    kBad,  // no word begins here
  };
  Kind kind = Kind::kEnd;
  size_t begin = 0;
  std::string text;  // as it stands, but list[0] in a key is list.0
};

// Ends with one kEnd, or with one kBad where no word begins.
std::vector<Token> Lex(absl::string_view text);

// The same for a value alone.
std::vector<Token> LexValue(absl::string_view text);

// What one token means that stands alone; kQuoted and kEscape without their backslashes.
value::Value ValueOf(const Token& token);

}  // namespace expq::params
