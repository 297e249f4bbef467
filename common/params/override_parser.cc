#include "common/params/override_parser.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;

// Lists in lists; more is a mistake, and the recursion must end.
constexpr int kDeepest = 100;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsWordStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }

bool IsWord(char c) { return IsWordStart(c) || absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// What unquoted text may hold besides blanks, escapes and ${…}.
bool IsUnquoted(char c) { return IsWord(c) || absl::string_view("/-\\+.$%*@?|:").find(c) != absl::string_view::npos; }

// What a backslash before it makes ordinary.
bool IsEscapable(char c) { return absl::string_view("\\()[]{}:=, \t").find(c) != absl::string_view::npos; }

std::string Shown(absl::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return absl::StrCat("'", text.substr(at, end - at), "'");
}

bool IsIndex(absl::string_view segment) {
  for (char c : segment) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return segment.size() == 1 || (!segment.empty() && segment[0] != '0');
}

bool IsName(absl::string_view segment) {
  if (segment.empty() || !(IsWordStart(segment[0]) || segment[0] == '$')) return false;
  for (char c : segment) {
    if (!IsWord(c) && c != '-' && c != '$') return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<ParamOverride> OverrideParser::Parse() {
  ParamOverride out;
  RETURN_IF_ERROR(ParseFilePrefix(out));
  ParseOperation(out);
  ASSIGN_OR_RETURN(out.key, ParseKey());
  if (!Take('=')) {
    if (out.op != ParamOverride::Op::kDelete) return Expected("'=' and a value");
    out.has_value = false;
    return out;
  }
  SkipBlanks();
  ASSIGN_OR_RETURN(Element element, ParseValue());
  if (!Done()) {
    if (Peek() == '=') return Error(at_, "a second '=' must be quoted or escaped with a backslash");
    return Expected("',' or the end");
  }
  out.value = element.is_sweep ? element.choices.front() : std::move(element.value);
  if (element.is_sweep && element.choices.size() > 1) out.choices = std::move(element.choices);
  if (out.op == ParamOverride::Op::kDelete && !out.choices.empty()) return Error(0, "a deletion cannot be a sweep");
  return out;
}

// The file ends at a ':' before the first '='.
absl::Status OverrideParser::ParseFilePrefix(ParamOverride& out) {
  const absl::string_view head = text_.substr(0, text_.find('='));
  const size_t colon = head.find(':');
  if (colon == absl::string_view::npos) return absl::OkStatus();
  if (colon == 0) return Error(0, "expected a file before ':'");
  out.file = std::string(head.substr(0, colon));
  at_ = colon + 1;
  return absl::OkStatus();
}

void OverrideParser::ParseOperation(ParamOverride& out) {
  if (Take('~')) {
    out.op = ParamOverride::Op::kDelete;
  } else if (Take('+')) {
    out.op = Take('+') ? ParamOverride::Op::kForce : ParamOverride::Op::kAdd;
  }
}

absl::StatusOr<std::string> OverrideParser::ParseKey() {
  const size_t begin = at_;
  at_ = std::min(text_.find('=', at_), text_.size());
  const absl::string_view key = absl::StripTrailingAsciiWhitespace(text_.substr(begin, at_ - begin));
  RETURN_IF_ERROR(CheckKey(key, begin));
  return std::string(key);
}

absl::Status OverrideParser::CheckKey(absl::string_view key, size_t begin) const {
  if (key.empty()) return Error(begin, "expected a key");
  const size_t bracket = key.find('[');
  if (bracket != absl::string_view::npos) {
    return Error(begin + bracket, "a list's item is addressed with a dot: 'list.0'");
  }
  const size_t group = key.find_first_of("/@");
  if (group != absl::string_view::npos) {
    return Error(begin + group, "config groups (group=option, key@package) are not supported");
  }
  size_t at = begin;
  bool first = true;
  for (absl::string_view segment : absl::StrSplit(key, '.')) {
    const bool alone = first && segment.size() == key.size();
    if (!IsName(segment) && (alone || !IsIndex(segment))) {
      return Error(at, segment.empty() ? "expected a name between the dots"
                                       : "a key is names of letters, digits, '_', '-' and '$', joined with dots");
    }
    at += segment.size() + 1;
    first = false;
  }
  return absl::OkStatus();
}

absl::StatusOr<Element> OverrideParser::ParseValue() {
  if (Done()) return Element{.value = ""};
  ASSIGN_OR_RETURN(Element first, ParseElement());
  SkipBlanks();
  if (Peek() != ',') return first;
  Element sweep;
  sweep.is_sweep = true;
  const auto add = [&](Element element) {
    if (element.is_sweep) return false;
    sweep.choices.push_back(std::move(element.value));
    return true;
  };
  if (!add(std::move(first))) return Error(at_, "a sweep cannot stand in a sweep");
  while (Take(',')) {
    if (sweep.choices.size() >= kMostGridPoints) return Error(at_, "too many values");
    SkipBlanks();
    const size_t begin = at_;
    ASSIGN_OR_RETURN(Element next, ParseElement());
    if (!add(std::move(next))) return Error(begin, "a sweep cannot stand in a sweep");
    SkipBlanks();
  }
  return sweep;
}

absl::StatusOr<Element> OverrideParser::ParseElement() {
  if (++depth_ > kDeepest) return Error(at_, "nested too deeply");
  size_t behind = 0;
  const std::string function = FunctionAhead(behind);
  absl::StatusOr<Element> element;
  if (Peek() == '\'' || Peek() == '"') {
    element = ParseQuoted();
  } else if (Take('[')) {
    element = ParseList();
  } else if (Take('{')) {
    element = ParseDict();
  } else if (!function.empty()) {
    if (!IsFunction(function)) return Error(at_, absl::StrCat("there is no function '", function, "'"));
    at_ = behind;
    element = ParseFunction(function);
  } else {
    element = ParseUnquoted('\0');
  }
  --depth_;
  return element;
}

// Backslashes count only before a quote of the same kind: an odd number makes it ordinary, each pair is one backslash.
absl::StatusOr<Element> OverrideParser::ParseQuoted() {
  const size_t begin = at_;
  const char quote = text_[at_++];
  std::string out;
  while (!Done()) {
    size_t slashes = 0;
    while (at_ + slashes < text_.size() && text_[at_ + slashes] == '\\') ++slashes;
    at_ += slashes;
    if (Peek() != quote || Done()) {
      out.append(slashes, '\\');
      if (!Done()) out += text_[at_++];
      continue;
    }
    out.append(slashes / 2, '\\');
    ++at_;
    if (slashes % 2 == 0) return Element{.value = Value(std::move(out))};
    out += quote;
  }
  return Error(begin, "this quote is not closed");
}

absl::StatusOr<Element> OverrideParser::ParseList() {
  value::List list;
  SkipBlanks();
  if (Take(']')) return Element{.value = Value(std::move(list))};
  while (true) {
    SkipBlanks();
    const size_t begin = at_;
    ASSIGN_OR_RETURN(Element item, ParseElement());
    if (item.is_sweep) return Error(begin, "a sweep cannot stand in a list");
    list.push_back(std::move(item.value));
    SkipBlanks();
    if (Take(']')) return Element{.value = Value(std::move(list))};
    if (!Take(',')) return Expected("',' or ']'");
  }
}

absl::StatusOr<Element> OverrideParser::ParseDict() {
  value::Map map;
  SkipBlanks();
  if (Take('}')) return Element{.value = Value(std::move(map))};
  while (true) {
    SkipBlanks();
    ASSIGN_OR_RETURN(const std::string key, ParseDictKey());
    SkipBlanks();
    const size_t begin = at_;
    ASSIGN_OR_RETURN(Element item, ParseElement());
    if (item.is_sweep) return Error(begin, "a sweep cannot stand in a dict");
    map.Set(key, std::move(item.value));
    SkipBlanks();
    if (Take('}')) return Element{.value = Value(std::move(map))};
    if (!Take(',')) return Expected("',' or '}'");
  }
}

absl::StatusOr<std::string> OverrideParser::ParseDictKey() {
  if (Peek() == '\'' || Peek() == '"') return Error(at_, "a dict's key cannot be quoted");
  const size_t begin = at_;
  ASSIGN_OR_RETURN(const Element key, ParseUnquoted(':'));
  if (absl::StrContains(text_.substr(begin, at_ - begin), "${")) return Error(begin, "a dict's key cannot hold ${…}");
  SkipBlanks();
  if (!Take(':')) return Expected("':'");
  return value::PythonText(key.value);
}

absl::StatusOr<Element> OverrideParser::ParseFunction(const std::string& name) {
  const size_t begin = at_;
  std::vector<Argument> arguments;
  SkipBlanks();
  while (!Take(')')) {
    if (!arguments.empty() && !Take(',')) return Expected("',' or ')'");
    SkipBlanks();
    ASSIGN_OR_RETURN(Argument argument, ParseArgument());
    arguments.push_back(std::move(argument));
    SkipBlanks();
  }
  absl::StatusOr<Element> result = CallFunction(name, std::move(arguments));
  if (!result.ok()) return Error(begin, result.status().message());
  return result;
}

absl::StatusOr<Argument> OverrideParser::ParseArgument() {
  Argument argument;
  size_t end = at_;
  while (end < text_.size() && (end == at_ ? IsWordStart(text_[end]) : IsWord(text_[end]))) ++end;
  size_t equals = end;
  while (equals < text_.size() && IsBlank(text_[equals])) ++equals;
  if (end > at_ && equals < text_.size() && text_[equals] == '=') {
    argument.name = std::string(text_.substr(at_, end - at_));
    at_ = equals + 1;
    SkipBlanks();
  }
  ASSIGN_OR_RETURN(argument.element, ParseElement());
  return argument;
}

absl::StatusOr<Element> OverrideParser::ParseUnquoted(char stop) {
  std::string out;
  bool plain = true;       // neither escapes nor interpolations: may be a number
  size_t significant = 0;  // outer blanks are dropped, escaped ones are not
  while (!Done() && Peek() != stop) {
    const char c = Peek();
    if (c == '\\' && at_ + 1 < text_.size() && IsEscapable(text_[at_ + 1])) {
      out += text_[at_ + 1];
      at_ += 2;
      plain = false;
    } else if (c == '$' && at_ + 1 < text_.size() && text_[at_ + 1] == '{') {
      // An escaped interpolation arrives here behind its backslash, and stays as text.
      RETURN_IF_ERROR(SkipInterpolation(out));
      plain = false;
    } else if (IsUnquoted(c) || IsBlank(c)) {
      out += c;
      ++at_;
      if (IsBlank(c)) continue;
    } else {
      break;
    }
    significant = out.size();
  }
  out.resize(significant);
  if (out.empty()) return Expected("a value");
  if (!Done() && Peek() != stop && absl::string_view(",)]}=").find(Peek()) == absl::string_view::npos) {
    return Error(at_, absl::StrCat(Shown(text_, at_), " cannot stand in unquoted text; quote the value"));
  }
  return Element{.value = plain ? TypedText(out) : Value(std::move(out))};
}

absl::Status OverrideParser::SkipInterpolation(std::string& out) {
  const size_t begin = at_;
  int open = 0;
  char quote = '\0';
  while (!Done()) {
    const char c = text_[at_++];
    out += c;
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '{') {
      ++open;
    } else if (c == '}' && --open == 0) {
      return absl::OkStatus();
    }
  }
  return Error(begin, "'${' is not closed");
}

std::string OverrideParser::FunctionAhead(size_t& behind) const {
  size_t end = at_;
  while (end < text_.size() && (end == at_ ? IsWordStart(text_[end]) : IsWord(text_[end]))) ++end;
  behind = end;
  while (behind < text_.size() && IsBlank(text_[behind])) ++behind;
  if (end == at_ || behind >= text_.size() || text_[behind] != '(') return "";
  ++behind;
  return std::string(text_.substr(at_, end - at_));
}

bool OverrideParser::Take(char c) {
  if (Done() || text_[at_] != c) return false;
  ++at_;
  return true;
}

void OverrideParser::SkipBlanks() {
  while (!Done() && IsBlank(Peek())) ++at_;
}

absl::Status OverrideParser::Expected(absl::string_view what) const {
  return Error(at_, absl::StrCat("expected ", what, Done() ? "" : absl::StrCat(", not ", Shown(text_, at_))));
}

absl::Status OverrideParser::Error(size_t at, absl::string_view what) const {
  // The caret's column counts characters, as terminals do for most text.
  size_t column = 0;
  for (char c : text_.substr(0, at)) column += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return absl::InvalidArgumentError(absl::StrCat("-S: ", what, "\n  ", text_, "\n  ", std::string(column, ' '), "^"));
}

absl::StatusOr<ParamOverride> ParseOverride(absl::string_view text) { return OverrideParser(text).Parse(); }

}  // namespace expq::params
