#include "common/params/python_literal.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace expq::params {
namespace {

using value::Value;
using Kind = PythonToken::Kind;

// Python itself stops at 200 brackets.
constexpr int kDeepest = 200;

// A number's decimal digits, whatever its size: most significant first.
std::string ToDecimal(absl::string_view digits, int base) {
  std::vector<int> decimal = {0};  // least significant first
  for (char c : digits) {
    int carry = absl::ascii_isdigit(static_cast<unsigned char>(c))
                    ? c - '0'
                    : absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a' + 10;
    for (int& digit : decimal) {
      carry += digit * base;
      digit = carry % 10;
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) decimal.push_back(carry % 10);
  }
  std::string out;
  for (auto it = decimal.rbegin(); it != decimal.rend(); ++it) out += static_cast<char>('0' + *it);
  return out;
}

LiteralResult IntOf(absl::string_view digits, int base, bool negative, Value& out) {
  constexpr absl::string_view kDigits = "0123456789abcdef";
  const std::string lower = absl::AsciiStrToLower(digits);
  if (lower.empty() ||
      absl::string_view(lower).find_first_not_of(kDigits.substr(0, static_cast<size_t>(base))) != kNowhere) {
    return LiteralResult::kBroken;
  }
  std::string decimal = base == 10 ? lower : ToDecimal(lower, base);
  decimal.erase(0, std::min(decimal.find_first_not_of('0'), decimal.size() - 1));
  if (negative && decimal != "0") decimal.insert(0, "-");
  int64_t small = 0;
  out = absl::SimpleAtoi(decimal, &small) ? Value(small) : Value(value::BigInt{decimal});
  return LiteralResult::kLiteral;
}

LiteralResult NumberOf(absl::string_view written, bool negative, Value& out) {
  if (absl::EndsWith(written, "_") || absl::StrContains(written, "__")) return LiteralResult::kBroken;
  const std::string text = absl::AsciiStrToLower(absl::StrReplaceAll(written, {{"_", ""}}));
  for (const auto& [prefix, base] : {std::pair("0x", 16), std::pair("0o", 8), std::pair("0b", 2)}) {
    if (absl::StartsWith(text, prefix)) return IntOf(absl::string_view(text).substr(2), base, negative, out);
  }
  if (absl::EndsWith(text, "j")) return LiteralResult::kOther;
  if (text.find_first_of(".e") == std::string::npos) {
    const bool leading_zero = text[0] == '0' && text.find_first_not_of('0') != std::string::npos;
    return leading_zero ? LiteralResult::kBroken : IntOf(text, 10, negative, out);
  }
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (*end != '\0') return LiteralResult::kBroken;
  out = negative ? -number : number;
  return LiteralResult::kLiteral;
}

class LiteralReader {
 public:
  explicit LiteralReader(absl::Span<const PythonToken> tokens) : tokens_(tokens) {}

  LiteralResult All(PythonLiteral& out) {
    if (tokens_.empty()) return LiteralResult::kBroken;
    const LiteralResult first = Element(out);
    if (first != LiteralResult::kLiteral) return first;
    if (Is(",")) {
      const size_t begin = out.node.span.begin;
      PythonLiteral tuple = Collected(std::move(out));
      const LiteralResult rest = Items(tuple, "");
      if (rest != LiteralResult::kLiteral) return rest;
      tuple.node.span = {begin, tokens_[at_ - 1].end};
      out = std::move(tuple);
    }
    if (at_ == tokens_.size()) return LiteralResult::kLiteral;
    return IsOperator() ? LiteralResult::kOther : LiteralResult::kBroken;
  }

 private:
  bool Done() const { return at_ >= tokens_.size(); }
  bool Is(absl::string_view text) const {
    return !Done() && tokens_[at_].kind != Kind::kString && tokens_[at_].text == text;
  }
  bool Take(absl::string_view text) {
    if (!Is(text)) return false;
    ++at_;
    return true;
  }

  // What may follow a whole expression and make it part of a larger one.
  bool IsOperator() const {
    if (tokens_[at_].kind == Kind::kMark) return !Is(":") && !Is("}") && !Is("~") && !Is("!");
    for (absl::string_view word : {"if", "and", "or", "in", "is", "not", "for", "async", "else"}) {
      if (Is(word)) return true;
    }
    return false;
  }

  static PythonLiteral Collected(PythonLiteral first) {
    PythonLiteral tuple;
    tuple.node.kind = SourceNode::Kind::kList;
    tuple.node.open = '(';
    tuple.value = value::List{std::move(first.value)};
    tuple.node.items.push_back(std::move(first.node));
    return tuple;
  }

  // Behind an item of a list or tuple: `, item` until `close`, which is taken; "": until the tokens end.
  LiteralResult Items(PythonLiteral& list, absl::string_view close) {
    while (close.empty() ? !Done() : !Take(close)) {
      if (!Take(",")) return Behind();
      if (close.empty() ? Done() : Take(close)) break;
      PythonLiteral item;
      const LiteralResult result = Element(item);
      if (result != LiteralResult::kLiteral) return result;
      list.value.list()->push_back(std::move(item.value));
      list.node.items.push_back(std::move(item.node));
    }
    return LiteralResult::kLiteral;
  }

  LiteralResult Behind() const { return !Done() && IsOperator() ? LiteralResult::kOther : LiteralResult::kBroken; }

  LiteralResult Element(PythonLiteral& out) {
    if (Done()) return LiteralResult::kBroken;
    if (++depth_ > kDeepest) return LiteralResult::kOther;
    const LiteralResult result = Unnested(out);
    --depth_;
    return result;
  }

  LiteralResult Unnested(PythonLiteral& out) {
    const PythonToken& token = tokens_[at_];
    out.node.span = {token.begin, token.end};
    if (token.kind == Kind::kString) return String(out);
    if (token.kind == Kind::kNumber || Is("-") || Is("+")) return Number(out);
    if (Take("[")) return List(out);
    if (Take("(")) return Parenthesis(out);
    if (Take("{")) return Dict(out);
    if (token.kind == Kind::kMark && !Is("*") && !Is("**") && !Is("~") && !Is("...")) return LiteralResult::kBroken;
    ++at_;
    if (token.text == "None") return LiteralResult::kLiteral;
    if (token.text != "True" && token.text != "False") return LiteralResult::kOther;
    out.value = token.text == "True";
    return LiteralResult::kLiteral;
  }

  // Neighbours are one string.
  LiteralResult String(PythonLiteral& out) {
    out.node.open = tokens_[at_].quote;
    std::string text;
    bool plain = true;
    for (; !Done() && tokens_[at_].kind == Kind::kString; ++at_) {
      absl::StrAppend(&text, tokens_[at_].text);
      plain &= tokens_[at_].plain;
      out.node.span.end = tokens_[at_].end;
    }
    out.value = std::move(text);
    return plain ? LiteralResult::kLiteral : LiteralResult::kOther;
  }

  LiteralResult Number(PythonLiteral& out) {
    const bool negative = Is("-");
    const bool sign = Take("-") || Take("+");
    if (Done()) return LiteralResult::kBroken;
    if (tokens_[at_].kind != Kind::kNumber) return sign ? LiteralResult::kOther : LiteralResult::kBroken;
    out.node.span.end = tokens_[at_].end;
    return NumberOf(tokens_[at_++].text, negative, out.value);
  }

  LiteralResult List(PythonLiteral& out) {
    out.node.kind = SourceNode::Kind::kList;
    out.node.open = '[';
    out.value = value::List();
    if (!Take("]")) {
      PythonLiteral first;
      LiteralResult result = Element(first);
      if (result != LiteralResult::kLiteral) return result;
      out.value.list()->push_back(std::move(first.value));
      out.node.items.push_back(std::move(first.node));
      result = Items(out, "]");
      if (result != LiteralResult::kLiteral) return result;
    }
    out.node.span.end = tokens_[at_ - 1].end;
    return LiteralResult::kLiteral;
  }

  // A tuple, or a value in parentheses, whose place is inside of them.
  LiteralResult Parenthesis(PythonLiteral& out) {
    const size_t begin = tokens_[at_ - 1].begin;
    if (Take(")")) {
      out.node.kind = SourceNode::Kind::kList;
      out.node.open = '(';
      out.value = value::List();
    } else {
      LiteralResult result = Element(out);
      if (result != LiteralResult::kLiteral || Take(")")) return result;
      if (!Is(",")) return Behind();
      PythonLiteral tuple = Collected(std::move(out));
      result = Items(tuple, ")");
      if (result != LiteralResult::kLiteral) return result;
      out = std::move(tuple);
    }
    out.node.span = {begin, tokens_[at_ - 1].end};
    return LiteralResult::kLiteral;
  }

  LiteralResult Dict(PythonLiteral& out) {
    out.node.kind = SourceNode::Kind::kMap;
    out.node.open = '{';
    out.value = value::Map();
    while (!Take("}")) {
      PythonLiteral key, item;
      LiteralResult result = Element(key);
      if (result != LiteralResult::kLiteral) return result;
      if (!Take(":")) return Is(",") || Is("}") ? LiteralResult::kOther : Behind();  // a set
      result = Element(item);
      if (result != LiteralResult::kLiteral) return result;
      if (key.value.is_list() || key.value.is_map()) return LiteralResult::kOther;
      std::string name = value::PythonText(key.value);
      out.value.map()->Set(value::Key::Of(key.value), std::move(item.value));
      out.node.entries.push_back({std::move(name), key.node.span, std::move(item.node), {}, ""});
      if (!Is("}") && !Take(",")) return Behind();
    }
    out.node.span.end = tokens_[at_ - 1].end;
    return LiteralResult::kLiteral;
  }

  absl::Span<const PythonToken> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

LiteralResult ReadLiteral(absl::Span<const PythonToken> tokens, PythonLiteral& out) {
  return LiteralReader(tokens).All(out);
}

}  // namespace expq::params
