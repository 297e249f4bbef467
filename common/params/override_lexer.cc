#include "common/params/override_lexer.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace expq::params {
namespace {

using Kind = Token::Kind;
using value::Value;

bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool IsOneOf(char c, absl::string_view set) { return c != '\0' && absl::StrContains(set, c); }

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  std::vector<Token> Run(bool in_value) {
    while (at_ < text_.size()) {
      const Kind kind = in_value ? NextOfValue() : NextOfKey();
      if (kind == Kind::kBad) {
        tokens_.push_back({Kind::kBad, at_, ""});
        return std::move(tokens_);
      }
      in_value |= kind == Kind::kEqual;
    }
    tokens_.push_back({Kind::kEnd, text_.size(), ""});
    return std::move(tokens_);
  }

 private:
  char At(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  size_t BlanksFrom(size_t i) const {
    while (At(i) == ' ' || At(i) == '\t') ++i;
    return i;
  }

  Kind Add(Kind kind, size_t end) {
    tokens_.push_back({kind, at_, std::string(text_.substr(at_, end - at_))});
    at_ = end;
    return kind;
  }

  Kind NextOfKey() {
    switch (At(at_)) {
      case '=':
        return Add(Kind::kEqual, BlanksFrom(at_ + 1));
      case '~':
        return Add(Kind::kTilde, at_ + 1);
      case '+':
        return Add(Kind::kPlus, at_ + 1);
      case '@':
        return Add(Kind::kAt, at_ + 1);
      case ':':
        return Add(Kind::kColon, at_ + 1);
      case '/':
        return Add(Kind::kSlash, at_ + 1);
    }
    return KeyWord();
  }

  // A name, or a path of several segments; `name[0]` is our own, Hydra has only `name.0`.
  Kind KeyWord() {
    size_t end = SegmentEnd(at_);
    if (end == at_) return Kind::kBad;
    std::string word(text_.substr(at_, end - at_));
    bool path = false;
    while (true) {
      const size_t inner = end + 1;
      const size_t next = At(end) == '.' ? SegmentEnd(inner) : At(end) == '[' ? UnsignedEnd(inner) : inner;
      if (next == inner || (At(end) == '[' && At(next) != ']')) break;
      absl::StrAppend(&word, ".", text_.substr(inner, next - inner));
      path = true;
      end = next + (At(end) == '[' ? 1 : 0);
    }
    if (!path && IsDigit(word[0])) return Kind::kBad;
    const Kind kind = path ? Kind::kPath : absl::StrContains(word, '$') ? Kind::kSpecial : Kind::kName;
    tokens_.push_back({kind, at_, std::move(word)});
    at_ = end;
    return kind;
  }

  size_t SegmentEnd(size_t i) const {
    if (!IsLetter(At(i)) && At(i) != '$') return UnsignedEnd(i);
    while (IsLetter(At(i)) || IsDigit(At(i)) || IsOneOf(At(i), "-$")) ++i;
    return i;
  }

  Kind NextOfValue() {
    const size_t behind = BlanksFrom(at_);
    switch (At(behind)) {
      case '(':
        return Add(Kind::kOpen, BlanksFrom(behind + 1));
      case ',':
        return Add(Kind::kComma, BlanksFrom(behind + 1));
      case ':':
        return Add(Kind::kColon, BlanksFrom(behind + 1));
      case '=':
        return Add(Kind::kEqual, BlanksFrom(behind + 1));
      case ')':
        return Add(Kind::kClose, behind + 1);
      case ']':
        return Add(Kind::kBracketClose, behind + 1);
      case '}':
        return Add(Kind::kBraceClose, behind + 1);
    }
    if (behind > at_) return Add(Kind::kBlank, behind);
    switch (At(at_)) {
      case '[':
        return Add(Kind::kBracketOpen, BlanksFrom(at_ + 1));
      case '{':
        return Add(Kind::kBraceOpen, BlanksFrom(at_ + 1));
      case '\'':
      case '"':
        return Quoted();
    }
    return Primitive();
  }

  // Up to the first quote of the same kind behind an even number of backslashes.
  Kind Quoted() {
    size_t slashes = 0;
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == text_[at_] && slashes % 2 == 0) return Add(Kind::kQuoted, i + 1);
      slashes = text_[i] == '\\' ? slashes + 1 : 0;
    }
    return Kind::kBad;
  }

  Kind Primitive() {
    size_t escaped = at_;
    while (At(escaped) == '\\' && IsOneOf(At(escaped + 1), "\\()[]{}:=, \t")) escaped += 2;
    if (escaped > at_) return Add(Kind::kEscape, escaped);
    const size_t brace = text_.find('}', at_);
    if (At(at_) == '$' && At(at_ + 1) == '{' && brace != absl::string_view::npos && brace > at_ + 2) {
      return Add(Kind::kInterpolation, brace + 1);
    }
    const size_t number = FloatEnd();
    const size_t whole = UnsignedEnd(BehindSign());
    size_t name = at_;
    if (IsLetter(At(at_))) {
      while (IsLetter(At(name)) || IsDigit(At(name)) || At(name) == '-') ++name;
    }
    const size_t longest = std::max({number, whole == BehindSign() ? at_ : whole, name});
    if (longest > at_) return Add(KindOf(longest, number, name), longest);
    return IsOneOf(At(at_), "/-\\+.$%*@?|") ? Add(Kind::kMark, at_ + 1) : Kind::kBad;
  }

  Kind KindOf(size_t end, size_t number, size_t name) const {
    if (end == number) return Kind::kFloat;
    if (end != name) return Kind::kInt;
    const absl::string_view word = text_.substr(at_, end - at_);
    if (absl::EqualsIgnoreCase(word, "true") || absl::EqualsIgnoreCase(word, "false")) return Kind::kBool;
    return absl::EqualsIgnoreCase(word, "null") ? Kind::kNull : Kind::kName;
  }

  size_t BehindSign() const { return at_ + (IsOneOf(At(at_), "+-") ? 1 : 0); }

  // Digits with single underscores between them.
  size_t DigitsEnd(size_t i) const {
    if (!IsDigit(At(i))) return i;
    while (IsDigit(At(i)) || (At(i) == '_' && IsDigit(At(i + 1)))) ++i;
    return i;
  }

  // The same without leading zeros.
  size_t UnsignedEnd(size_t i) const { return At(i) == '0' ? i + 1 : DigitsEnd(i); }

  // at_ when no float begins here.
  size_t FloatEnd() const {
    const size_t begin = BehindSign();
    const absl::string_view word = text_.substr(begin, 3);
    if (absl::EqualsIgnoreCase(word, "inf") || absl::EqualsIgnoreCase(word, "nan")) return begin + 3;
    size_t end = UnsignedEnd(begin);
    const bool whole = end > begin;
    const size_t fraction = At(end) == '.' ? DigitsEnd(end + 1) : end;
    const bool point = At(end) == '.' && (whole || fraction > end + 1);
    if (point) end = fraction;
    if (!whole && !point) return at_;
    if (At(end) == 'e' || At(end) == 'E') {
      const size_t digits = end + 1 + (IsOneOf(At(end + 1), "+-") ? 1 : 0);
      if (DigitsEnd(digits) > digits) return DigitsEnd(digits);
    }
    return point ? end : at_;
  }

  absl::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

// Backslashes count only before a quote of the same kind, and each pair of them is one.
std::string Unquoted(absl::string_view text) {
  const char quote = text[0];
  text.remove_prefix(1);
  std::string out;
  size_t slashes = 0;
  for (char c : text) {
    if (c == quote) out.resize(out.size() - (slashes + 1) / 2);
    slashes = c == '\\' ? slashes + 1 : 0;
    out += c;
  }
  out.pop_back();
  return out;
}

std::string Unescaped(absl::string_view text) {
  std::string out;
  for (size_t i = 1; i < text.size(); i += 2) out += text[i];
  return out;
}

Value IntOf(std::string digits) {
  int64_t small = 0;
  if (digits[0] == '+') digits.erase(0, 1);
  return absl::SimpleAtoi(digits, &small) ? Value(small) : Value(value::BigInt{digits});
}

}  // namespace

std::vector<Token> Lex(absl::string_view text) { return Lexer(text).Run(/*in_value=*/false); }

std::vector<Token> LexValue(absl::string_view text) { return Lexer(text).Run(/*in_value=*/true); }

Value ValueOf(const Token& token) {
  if (token.kind == Kind::kFloat) return std::strtod(absl::StrReplaceAll(token.text, {{"_", ""}}).c_str(), nullptr);
  if (token.kind == Kind::kInt) return IntOf(absl::StrReplaceAll(token.text, {{"_", ""}}));
  if (token.kind == Kind::kBool) return absl::EqualsIgnoreCase(token.text, "true");
  if (token.kind == Kind::kNull) return Value();
  if (token.kind == Kind::kQuoted) return Unquoted(token.text);
  return token.kind == Kind::kEscape ? Unescaped(token.text) : token.text;
}

}  // namespace expq::params
