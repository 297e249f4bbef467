#include "common/params/python_lexer.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/yaml/source.h"

namespace expq::params {
namespace {

using Kind = PythonToken::Kind;

bool IsNameStart(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

class PythonLexer {
 public:
  PythonLexer(absl::string_view text, absl::string_view file) : text_(text), file_(file) {}

  absl::StatusOr<std::vector<PythonLine>> Run() {
    if (absl::StartsWith(text_, "\xEF\xBB\xBF")) at_ = 3;
    while (at_ < text_.size()) RETURN_IF_ERROR(Line());
    return std::move(lines_);
  }

 private:
  char At(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }

  absl::Status Error(size_t at, absl::string_view what) const {
    return yaml::ErrorAt(file_, yaml::MarkAt(text_, at), absl::StrCat("not Python: ", what));
  }

  absl::Status Line() {
    PythonLine line;
    for (; At(at_) == ' ' || At(at_) == '\t' || At(at_) == '\f'; ++at_) {
      line.indent = At(at_) == '\t' ? line.indent / 8 * 8 + 8 : At(at_) == '\f' ? 0 : line.indent + 1;
    }
    line.begin = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && open_.empty()) break;
      if (IsGap(c)) {
        ++at_;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '\\') {
        RETURN_IF_ERROR(Continuation());
      } else {
        RETURN_IF_ERROR(Word(line));
      }
    }
    if (!open_.empty()) return Error(open_.back(), absl::StrCat("'", text_.substr(open_.back(), 1), "' is not closed"));
    if (at_ < text_.size()) ++at_;
    if (line.tokens.empty()) return absl::OkStatus();
    line.begin = line.tokens.front().begin;
    line.end = line.tokens.back().end;
    lines_.push_back(std::move(line));
    return absl::OkStatus();
  }

  static bool IsGap(char c) { return c == ' ' || c == '\t' || c == '\f' || c == '\r' || c == '\n'; }

  absl::Status Continuation() {
    const size_t end = At(at_ + 1) == '\r' ? at_ + 2 : at_ + 1;
    if (At(end) != '\n') return Error(at_, "only a line's end may follow a backslash");
    at_ = end + 1;
    return absl::OkStatus();
  }

  absl::Status Word(PythonLine& line) {
    PythonToken token;
    token.begin = at_;
    size_t prefix = at_;
    while (prefix < at_ + 3 && absl::StrContains("rRbBuUfF", At(prefix)) && At(prefix) != '\0') ++prefix;
    if (At(prefix) == '\'' || At(prefix) == '"') {
      RETURN_IF_ERROR(String(prefix, token));
    } else if (IsNameStart(At(at_))) {
      token.kind = Kind::kName;
      while (IsNameStart(At(at_)) || IsDigit(At(at_))) ++at_;
    } else if (IsDigit(At(at_)) || (At(at_) == '.' && IsDigit(At(at_ + 1)))) {
      token.kind = Kind::kNumber;
      Number();
    } else {
      RETURN_IF_ERROR(Mark());
    }
    token.end = at_;
    if (token.kind != Kind::kString) token.text = std::string(text_.substr(token.begin, at_ - token.begin));
    line.tokens.push_back(std::move(token));
    return absl::OkStatus();
  }

  void Number() {
    const bool based = At(at_) == '0' && absl::StrContains("xXoObB", At(at_ + 1)) && At(at_ + 1) != '\0';
    while (absl::ascii_isalnum(static_cast<unsigned char>(At(at_))) || At(at_) == '_' || At(at_) == '.') {
      const bool exponent = !based && (At(at_) == 'e' || At(at_) == 'E');
      ++at_;
      if (exponent && (At(at_) == '+' || At(at_) == '-')) ++at_;
    }
  }

  absl::Status String(size_t open, PythonToken& token) {
    const std::string prefix = absl::AsciiStrToLower(text_.substr(at_, open - at_));
    token.kind = Kind::kString;
    token.quote = text_[open];
    token.triple = At(open + 1) == token.quote && At(open + 2) == token.quote;
    token.plain = !absl::StrContains(prefix, 'b') && !absl::StrContains(prefix, 'f');
    const std::string close(token.triple ? 3 : 1, token.quote);
    const size_t begin = open + close.size();
    size_t end = begin;
    while (end < text_.size() && text_.substr(end, close.size()) != close) {
      if (text_[end] == '\n' && !token.triple) break;
      end += text_[end] == '\\' ? (text_.substr(end + 1, 2) == "\r\n" ? 3 : 2) : 1;
    }
    if (end >= text_.size() || text_.substr(end, close.size()) != close) return Error(at_, "this string is not closed");
    const bool understood =
        UnescapePython(text_.substr(begin, end - begin), absl::StrContains(prefix, 'r'), token.text);
    token.plain = token.plain && understood;
    at_ = end + close.size();
    return absl::OkStatus();
  }

  absl::Status Mark() {
    const char c = text_[at_];
    if (c == '\0' || !absl::StrContains("()[]{}.,:;=+-*/%@&|^~<>!`", c) || c == '`') {
      return Error(at_, "this character has no place in a program");
    }
    if (absl::StrContains("([{", c)) open_.push_back(at_);
    if (absl::StrContains(")]}", c)) {
      const char open = c == ')' ? '(' : c == ']' ? '[' : '{';
      if (open_.empty() || text_[open_.back()] != open)
        return Error(at_, absl::StrCat("no '", std::string(1, open), "' for this"));
      open_.pop_back();
    }
    static constexpr absl::string_view kLong[] = {
        "**=", "//=", ">>=", "<<=", "...", "==", "!=", "<=", ">=", "->", ":=", "+=",
        "-=",  "*=",  "/=",  "%=",  "@=",  "&=", "|=", "^=", "**", "//", "<<", ">>"};
    for (absl::string_view mark : kLong) {
      if (!absl::StartsWith(text_.substr(at_), mark)) continue;
      at_ += mark.size();
      return absl::OkStatus();
    }
    ++at_;
    return absl::OkStatus();
  }

  absl::string_view text_;
  absl::string_view file_;
  size_t at_ = 0;
  std::vector<size_t> open_;  // brackets
  std::vector<PythonLine> lines_;
};

void AppendUtf8(uint32_t c, std::string& out) {
  const auto byte = [&](uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      byte(0xE0 | (c >> 12));
    } else {
      byte(0xF0 | (c >> 18));
      byte(0x80 | ((c >> 12) & 0x3F));
    }
    byte(0x80 | ((c >> 6) & 0x3F));
  }
  byte(0x80 | (c & 0x3F));
}

// `digits` of `base` from `at`; false when there are fewer than `least`, or no character has the number.
bool Number(absl::string_view text, size_t& at, size_t least, size_t most, uint32_t base, std::string& out) {
  uint32_t number = 0;
  size_t digits = 0;
  for (; digits < most && at < text.size(); ++digits, ++at) {
    const char c = absl::ascii_tolower(static_cast<unsigned char>(text[at]));
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) break;
    const uint32_t digit = IsDigit(c) ? static_cast<uint32_t>(c - '0') : static_cast<uint32_t>(c - 'a' + 10);
    if (digit >= base) break;
    number = number * base + digit;
  }
  const bool surrogate = number >= 0xD800 && number < 0xE000;
  if (digits < least || number > 0x10FFFF || surrogate) return false;
  AppendUtf8(number, out);
  return true;
}

bool Escape(absl::string_view text, size_t& at, std::string& out) {
  static constexpr absl::string_view kNames = "abfnrtv\\'\"";
  static constexpr absl::string_view kMeanings = "\a\b\f\n\r\t\v\\'\"";
  const char c = text[at];
  if (c == '\n') return ++at, true;
  if (c == '\r' && at + 1 < text.size() && text[at + 1] == '\n') return at += 2, true;
  if (const size_t name = kNames.find(c); name != absl::string_view::npos) {
    out += kMeanings[name];
    return ++at, true;
  }
  if (c == 'x') return Number(text, ++at, 2, 2, 16, out);
  if (c == 'u') return Number(text, ++at, 4, 4, 16, out);
  if (c == 'U') return Number(text, ++at, 8, 8, 16, out);
  if (c == 'N') return false;
  if (c >= '0' && c <= '7') return Number(text, at, 1, 3, 8, out);
  out += '\\';
  return true;
}

}  // namespace

bool UnescapePython(absl::string_view inside, bool raw, std::string& out) {
  for (size_t at = 0; at < inside.size();) {
    if (inside[at] == '\r') {
      out += '\n';
      at += inside.substr(at, 2) == "\r\n" ? 2 : 1;
    } else if (inside[at] == '\\' && !raw && at + 1 < inside.size()) {
      if (!Escape(inside, ++at, out)) return false;
    } else {
      out += inside[at++];
    }
  }
  return true;
}

absl::StatusOr<std::vector<PythonLine>> LexPython(absl::string_view text, absl::string_view file) {
  return PythonLexer(text, file).Run();
}

}  // namespace expq::params
