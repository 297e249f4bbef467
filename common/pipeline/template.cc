#include "common/pipeline/template.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/pipeline/command_arguments.h"
#include "common/pipeline/excerpt.h"
#include "common/pipeline/node.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// One ${…} of a text: [begin, end), with what stands between the braces.
struct Match {
  size_t begin = 0;
  size_t end = 0;
  absl::string_view inner;
};

std::optional<Match> NextMatch(absl::string_view text, size_t from) {
  while (true) {
    const size_t begin = text.find("${", from);
    if (begin == absl::string_view::npos) return std::nullopt;
    from = begin + 2;
    if (begin > 0 && text[begin - 1] == '\\') continue;
    const size_t close = text.find_first_of("}\n", from);
    if (close == absl::string_view::npos || text[close] == '\n') continue;
    return Match{.begin = begin, .end = close + 1, .inner = text.substr(from, close - from)};
  }
}

std::string Unescaped(absl::string_view text) { return absl::StrReplaceAll(text, {{"\\${", "${"}}); }

// "a.b[0]" → a, b, 0.
absl::StatusOr<std::vector<std::string>> ParseWords(absl::string_view inner) {
  const absl::Status bad = absl::InvalidArgumentError(absl::StrCat("'${", inner, "}' is not a name like ${a.b[0]}"));
  absl::string_view rest = absl::StripAsciiWhitespace(inner);
  std::vector<std::string> words;
  const auto take_word = [&rest, &words] {
    const size_t end = std::min(rest.find_first_of(".[]"), rest.size());
    words.emplace_back(absl::StripAsciiWhitespace(rest.substr(0, end)));
    rest.remove_prefix(end);
    return !words.back().empty();
  };
  if (!take_word()) return bad;
  while (!rest.empty()) {
    const bool bracket = rest[0] == '[';
    if (!bracket && rest[0] != '.') return bad;
    rest.remove_prefix(1);
    if (!take_word()) return bad;
    if (bracket && !absl::ConsumePrefix(&rest, "]")) return bad;
  }
  return words;
}

absl::StatusOr<const value::Value*> Select(const Match& match, const Scope& scope) {
  ASSIGN_OR_RETURN(const std::vector<std::string> words, ParseWords(match.inner));
  ASSIGN_OR_RETURN(const value::Value* found, scope.Find(words));
  if (std::holds_alternative<value::Date>(found->variant())) {
    return status::WithHint(
        absl::InvalidArgumentError(absl::StrCat("'${", match.inner, "}' is a date, which templates cannot take")),
        "quote it where it is defined");
  }
  scope.Note(words, *found);
  return found;
}

absl::StatusOr<std::string> TextOf(const value::Value& value, absl::string_view inner, const Scope& scope,
                                   Composite composite) {
  if (!value.is_map() && !value.is_list()) return ScalarText(value);
  if (composite == Composite::kKeep && value.is_list()) return value::PythonText(value);
  if (composite != Composite::kRefuse && value.is_map()) return CommandArguments(*value.map(), scope.parsing());
  return absl::InvalidArgumentError(
      absl::StrCat("'${", inner, "}' is ", KindName(value), ", which cannot be put into a text"));
}

}  // namespace

bool HasTemplate(absl::string_view text) { return NextMatch(text, 0).has_value(); }

bool IsReference(absl::string_view text) {
  const std::optional<Match> match = NextMatch(text, 0);
  return match.has_value() && match->begin == 0 && match->end == text.size();
}

std::string ScalarText(const value::Value& value) {
  if (value.boolean() != nullptr) return *value.boolean() ? "true" : "false";
  return value::PythonText(value);
}

absl::StatusOr<value::Value> FillIn(absl::string_view text, const Scope& scope, Composite composite) {
  std::optional<Match> match = NextMatch(text, 0);
  if (!match.has_value()) return value::Value(Unescaped(text));
  std::string out;
  size_t done = 0;
  for (; match.has_value(); match = NextMatch(text, done)) {
    const absl::string_view piece = text.substr(match->begin, match->end - match->begin);
    const absl::StatusOr<const value::Value*> found = Select(*match, scope);
    if (!found.ok()) return About(piece, found.status());
    const bool is_composite = (*found)->is_map() || (*found)->is_list();
    if (piece.size() == text.size() && (composite == Composite::kKeep || !is_composite)) return **found;
    const absl::StatusOr<std::string> filled = TextOf(**found, match->inner, scope, composite);
    if (!filled.ok()) return About(piece, filled.status());
    absl::StrAppend(&out, text.substr(done, match->begin - done), *filled);
    done = match->end;
  }
  absl::StrAppend(&out, text.substr(done));
  // Those of the values too, as DVC does it.
  return value::Value(Unescaped(out));
}

absl::StatusOr<value::Value> FillInAll(const value::Value& value, const Scope& scope) {
  if (value.is_string()) return FillIn(*value.string(), scope, Composite::kKeep);
  if (value.is_list()) {
    value::List list;
    for (const value::Value& item : *value.list()) {
      ASSIGN_OR_RETURN(value::Value filled, FillInAll(item, scope));
      list.push_back(std::move(filled));
    }
    return value::Value(std::move(list));
  }
  if (!value.is_map()) return value;
  value::Map map;
  for (const auto& [key, child] : *value.map()) {
    ASSIGN_OR_RETURN(const value::Value name, FillIn(key, scope, Composite::kRefuse));
    ASSIGN_OR_RETURN(value::Value filled, FillInAll(child, scope));
    map.Set(key.is_text() ? value::Key(value::PythonText(name)) : key, std::move(filled));
  }
  return value::Value(std::move(map));
}

}  // namespace expq::pipeline
