#include "common/params/override_parser.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/caret.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;
using Kind = Token::Kind;

// Lists in lists; more is a mistake, and the recursion must end.
constexpr int kDeepest = 100;

std::string Shown(absl::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return absl::StrCat("'", text.substr(at, end - at), "'");
}

// FNV-1a: shuffle() gives the same order for the same text, here and everywhere.
uint64_t SeedOf(absl::string_view text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

bool IsInDictKey(Kind kind) {
  constexpr Kind kWords[] = {Kind::kName, Kind::kNull, Kind::kInt,    Kind::kFloat,
                             Kind::kBool, Kind::kMark, Kind::kEscape, Kind::kBlank};
  return std::find(std::begin(kWords), std::end(kWords), kind) != std::end(kWords);
}

bool IsInPrimitive(Kind kind) { return IsInDictKey(kind) || kind == Kind::kColon || kind == Kind::kInterpolation; }

}  // namespace

OverrideParser::OverrideParser(absl::string_view text) : text_(text) {}

absl::StatusOr<ParamOverride> OverrideParser::Parse() {
  ParamOverride out;
  RETURN_IF_ERROR(ParseFilePrefix(out));
  random_ = random::NewSeededRandom(SeedOf(text_.substr(key_begin_)));
  tokens_ = Lex(text_.substr(key_begin_));
  ParseOperation(out);
  RETURN_IF_ERROR(ParseKey(out));
  if (Take(Kind::kEqual)) {
    RETURN_IF_ERROR(ParseAssigned(out));
  } else if (out.op == ParamOverride::Op::kDelete && Peek().kind == Kind::kEnd) {
    out.has_value = false;
  } else {
    return Expected(Peek().kind == Kind::kEnd ? "'=' and a value" : "'.' and a name, or '='");
  }
  return out;
}

absl::StatusOr<Value> OverrideParser::ReadBare(absl::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (absl::StrContains("\\()[]{}:=, \t", c)) escaped += '\\';
    escaped += c;
  }
  OverrideParser parser(escaped);
  parser.tokens_ = LexValue(escaped);
  ASSIGN_OR_RETURN(const Element element, parser.ParseValue());
  if (parser.Peek().kind != Kind::kEnd) return parser.Expected("the end");
  return Unquote(element.value);
}

// The file ends at a ':' before the first '='.
absl::Status OverrideParser::ParseFilePrefix(ParamOverride& out) {
  const absl::string_view head = text_.substr(0, text_.find('='));
  const size_t colon = head.find(':');
  if (colon == absl::string_view::npos) return absl::OkStatus();
  if (colon == 0) return Error(0, "expected a file before ':'");
  out.file = std::string(head.substr(0, colon));
  key_begin_ = colon + 1;
  return absl::OkStatus();
}

void OverrideParser::ParseOperation(ParamOverride& out) {
  if (Take(Kind::kTilde)) {
    out.op = ParamOverride::Op::kDelete;
  } else if (Take(Kind::kPlus)) {
    out.op = Take(Kind::kPlus) ? ParamOverride::Op::kForce : ParamOverride::Op::kAdd;
  }
}

absl::Status OverrideParser::ParseKey(ParamOverride& out) {
  ASSIGN_OR_RETURN(out.key, ParseName(/*slashes=*/true));
  // `++=` replaces a whole file: what a Hydra composition comes to (hydra.h).
  if (out.key.empty() && out.op == ParamOverride::Op::kForce && Peek().kind == Kind::kEqual) return absl::OkStatus();
  if (out.key.empty()) return Expected("a key: names of letters, digits, '_', '-' and '$', joined with dots");
  if (!Take(Kind::kAt)) return absl::OkStatus();
  ASSIGN_OR_RETURN(out.package, ParseName(/*slashes=*/false));
  return absl::OkStatus();
}

// Empty when none stands here.
absl::StatusOr<std::string> OverrideParser::ParseName(bool slashes) {
  std::string name = Peek().text;
  if (Take(Kind::kSpecial) || Take(Kind::kPath)) return name;
  if (!Take(Kind::kName)) return std::string();
  while (slashes && Take(Kind::kSlash)) {
    if (Peek().kind != Kind::kName) return Expected("a name behind '/'");
    absl::StrAppend(&name, "/", Peek().text);
    ++at_;
  }
  return name;
}

absl::Status OverrideParser::ParseAssigned(ParamOverride& out) {
  const size_t begin = Peek().begin;
  ASSIGN_OR_RETURN(Element element, ParseValue());
  if (Peek().kind == Kind::kEqual)
    return Error(Peek().begin, "a second '=' must be quoted or escaped with a backslash");
  if (Peek().kind != Kind::kEnd) return Expected("',' or the end");
  if (!element.is_sweep()) {
    out.value = Unquote(element.value);
    Value reread = Reread(element.value);
    if (!value::Identical(out.value, reread)) out.beside_sweep = std::move(reread);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<Value>> values = Enumerate(element, *random_);
  if (!values.ok()) return Error(begin, values.status().message());
  for (Value& value : *values) value = Reread(value);
  out.value = values->front();
  if (values->size() > 1) out.choices = *std::move(values);
  if (out.op == ParamOverride::Op::kDelete && !out.choices.empty()) return Error(begin, "a deletion cannot be a sweep");
  return absl::OkStatus();
}

absl::StatusOr<Element> OverrideParser::ParseValue() {
  if (Peek().kind == Kind::kEnd) return Element{.value = ""};
  const size_t begin = Peek().begin;
  ASSIGN_OR_RETURN(Element first, ParseElement());
  if (Peek().kind != Kind::kComma) return first;
  if (first.is_sweep()) return Error(begin, "a sweep cannot stand in a sweep");
  Element sweep;
  sweep.kind = Element::Kind::kChoice;
  sweep.choices.push_back(std::move(first.value));
  while (Take(Kind::kComma)) {
    if (sweep.choices.size() >= kMostGridPoints) return Error(Peek().begin, "too many values");
    ASSIGN_OR_RETURN(Value next, ParsePlain("a sweep"));
    sweep.choices.push_back(std::move(next));
  }
  return sweep;
}

absl::StatusOr<Element> OverrideParser::ParseElement() {
  if (++depth_ > kDeepest) return Error(Peek().begin, "nested too deeply");
  absl::StatusOr<Element> element;
  if (Peek().kind == Kind::kQuoted) {
    element = Element{.value = Quote(*ValueOf(Peek()).string())};
    ++at_;
  } else if (Take(Kind::kBracketOpen)) {
    element = ParseList();
  } else if (Take(Kind::kBraceOpen)) {
    element = ParseDict();
  } else if (Peek().kind == Kind::kName && Peek(1).kind == Kind::kOpen) {
    element = ParseFunction();
  } else {
    element = ParsePrimitive();
  }
  --depth_;
  return element;
}

// An element that is no sweep.
absl::StatusOr<Value> OverrideParser::ParsePlain(absl::string_view holder) {
  const size_t begin = Peek().begin;
  ASSIGN_OR_RETURN(Element element, ParseElement());
  if (element.is_sweep()) return Error(begin, absl::StrCat("a sweep cannot stand in ", holder));
  return std::move(element.value);
}

absl::StatusOr<Element> OverrideParser::ParseList() {
  value::List list;
  if (Take(Kind::kBracketClose)) return Element{.value = Value(std::move(list))};
  while (true) {
    ASSIGN_OR_RETURN(Value item, ParsePlain("a list"));
    list.push_back(std::move(item));
    if (Take(Kind::kBracketClose)) return Element{.value = Value(std::move(list))};
    if (!Take(Kind::kComma)) return Expected("',' or ']'");
  }
}

absl::StatusOr<Element> OverrideParser::ParseDict() {
  value::Map map;
  std::vector<Value> keys;
  if (Take(Kind::kBraceClose)) return Element{.value = Value(std::move(map))};
  while (true) {
    ASSIGN_OR_RETURN(Value key, ParseDictKey());
    ASSIGN_OR_RETURN(Value item, ParsePlain("a dict"));
    // To Python 1, 1.0 and true are one key, and the first of them stays.
    const auto same =
        std::find_if(keys.begin(), keys.end(), [&](const Value& k) { return value::PythonEqual(k, key); });
    map.Set(value::Key::Of(same == keys.end() ? key : *same), std::move(item));
    keys.push_back(std::move(key));
    if (Take(Kind::kBraceClose)) return Element{.value = Value(std::move(map))};
    if (!Take(Kind::kComma)) return Expected("',' or '}'");
  }
}

absl::StatusOr<Value> OverrideParser::ParseDictKey() {
  if (Peek().kind == Kind::kQuoted) return Error(Peek().begin, "a dict's key cannot be quoted");
  if (Peek().kind == Kind::kInterpolation) return Error(Peek().begin, "a dict's key cannot hold ${…}");
  const size_t begin = at_;
  while (IsInDictKey(Peek().kind)) ++at_;
  ASSIGN_OR_RETURN(Value key, Joined(begin));
  if (key.is_null()) return Error(tokens_[begin].begin, "a dict's key cannot be null");
  if (!Take(Kind::kColon)) return Expected("':'");
  return key;
}

absl::StatusOr<Element> OverrideParser::ParseFunction() {
  const size_t begin = Peek().begin;
  const std::string name = Peek().text;
  if (!IsFunction(name)) return Error(begin, absl::StrCat("there is no function '", name, "'"));
  at_ += 2;
  Arguments arguments;
  bool first = true;
  while (!Take(Kind::kClose)) {
    if (!first && !Take(Kind::kComma)) return Expected("',' or ')'");
    first = false;
    const Token word = Peek();
    const bool named = word.kind == Kind::kName && Peek(1).kind == Kind::kEqual;
    if (named) at_ += 2;
    if (!named && !arguments.named.empty()) return Error(word.begin, "expected 'name=' as before it");
    ASSIGN_OR_RETURN(Element element, ParseElement());
    if (element.value.is_string()) element.value = Unquote(element.value);
    if (named) {
      arguments.named.push_back({word.text, std::move(element)});
    } else {
      arguments.positional.push_back(std::move(element));
    }
  }
  absl::StatusOr<Element> result = CallFunction(name, std::move(arguments), *random_);
  if (!result.ok()) return Error(begin, result.status().message());
  return result;
}

absl::StatusOr<Element> OverrideParser::ParsePrimitive() {
  const size_t begin = at_;
  while (IsInPrimitive(Peek().kind)) ++at_;
  ASSIGN_OR_RETURN(Value value, Joined(begin));
  return Element{.value = std::move(value)};
}

absl::StatusOr<Value> OverrideParser::Joined(size_t begin) const {
  size_t end = at_;
  if (begin < end && tokens_[begin].kind == Kind::kBlank) ++begin;
  if (begin < end && tokens_[end - 1].kind == Kind::kBlank) --end;
  if (begin == end) return Expected("a value");
  if (end - begin == 1) return ValueOf(tokens_[begin]);
  std::string out;
  for (size_t i = begin; i < end; ++i) {
    const bool escaped = tokens_[i].kind == Kind::kEscape;
    absl::StrAppend(&out, escaped ? *ValueOf(tokens_[i]).string() : tokens_[i].text);
  }
  return Value(std::move(out));
}

const Token& OverrideParser::Peek(size_t ahead) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }

bool OverrideParser::Take(Kind kind) {
  if (Peek().kind != kind) return false;
  ++at_;
  return true;
}

absl::Status OverrideParser::Expected(absl::string_view what) const {
  const Token& token = Peek();
  if (token.kind == Kind::kEnd) return Error(token.begin, absl::StrCat("expected ", what));
  const absl::string_view rest = text_.substr(key_begin_ + token.begin);
  const bool in_text = at_ > 0 && IsInPrimitive(tokens_[at_ - 1].kind);
  const bool in_value = absl::StrContains(text_.substr(key_begin_, token.begin), '=');
  if (token.kind == Kind::kBad && in_value) {
    if (!in_text && (rest[0] == '\'' || rest[0] == '"')) return Error(token.begin, "this quote is not closed");
    return Error(token.begin, absl::StrCat(Shown(rest, 0), " cannot stand in unquoted text; quote the value"));
  }
  return Error(token.begin, absl::StrCat("expected ", what, ", not ", Shown(rest, 0)));
}

absl::Status OverrideParser::Error(size_t at, absl::string_view what) const {
  at += key_begin_;
  return absl::InvalidArgumentError(absl::StrCat("-S: ", what, "\n  ", text_, "\n  ", status::CaretBelow(text_, at)));
}

Value Reread(const Value& value) {
  if (const value::List* list = value.list()) {
    value::List out;
    for (const Value& item : *list) out.push_back(Reread(item));
    return out;
  }
  if (const value::Map* map = value.map()) {
    value::Map out;
    for (const auto& [key, item] : *map) out.Set(key, Reread(item));
    return out;
  }
  if (!value.is_string() || IsQuoted(value)) return Unquote(value);
  const absl::StatusOr<Value> again = OverrideParser::ReadBare(*value.string());
  return again.ok() ? *again : value;
}

absl::StatusOr<ParamOverride> ParseOverride(absl::string_view text) { return OverrideParser(text).Parse(); }

}  // namespace expq::params
