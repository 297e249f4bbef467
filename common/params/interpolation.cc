#include "common/params/interpolation.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;
using Path = std::vector<std::string>;

// One interpolation in another; more is a circle.
constexpr int kDeepest = 50;

// The next `${` at or behind `at`, with the backslashes before it; npos when there is none.
struct Opening {
  size_t slashes = 0;  // where they begin
  size_t at = absl::string_view::npos;
  bool escaped() const { return (at - slashes) % 2 == 1; }
};

Opening NextOpening(absl::string_view text, size_t from) {
  Opening opening;
  opening.at = text.find("${", from);
  if (opening.at == absl::string_view::npos) return opening;
  opening.slashes = opening.at;
  while (opening.slashes > from && text[opening.slashes - 1] == '\\') --opening.slashes;
  return opening;
}

// Behind the '}' of the interpolation at `at`, or npos.
size_t EndOf(absl::string_view text, size_t at) {
  int open = 0;
  char quote = '\0';
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && quote != '\0') {
      ++at;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '{') {
      ++open;
    } else if (c == '}' && --open == 0) {
      return at + 1;
    }
  }
  return absl::string_view::npos;
}

// Parts between commas that stand in neither quotes nor brackets.
std::vector<absl::string_view> Arguments(absl::string_view text) {
  std::vector<absl::string_view> out;
  int open = 0;
  char quote = '\0';
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (absl::StrContains("{[(", c)) {
      ++open;
    } else if (absl::StrContains("}])", c)) {
      --open;
    } else if (c == ',' && open == 0) {
      out.push_back(absl::StripAsciiWhitespace(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  out.push_back(absl::StripAsciiWhitespace(text.substr(begin)));
  return out;
}

const Value* Select(const Value& root, const Path& path) {
  const Value* at = &root;
  for (const std::string& segment : path) {
    size_t index = 0;
    if (const value::Map* map = at->map()) {
      at = map->Find(segment);
    } else if (const value::List* list = at->list();
               list && absl::SimpleAtoi(segment, &index) && index < list->size()) {
      at = &(*list)[index];
    } else {
      at = nullptr;
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

// a.b[0].c as segments.
Path Segments(absl::string_view key) {
  Path out;
  for (absl::string_view part : absl::StrSplit(key, absl::ByAnyChar(".["))) {
    absl::ConsumeSuffix(&part, "]");
    if (!part.empty()) out.emplace_back(part);
  }
  return out;
}

class Resolver {
 public:
  Resolver(const Value& root, const Environment& environment) : root_(root), environment_(environment) {}

  absl::StatusOr<Value> Resolve(const Value& value, const Path& path) {
    if (++depth_ > kDeepest)
      return absl::InvalidArgumentError(absl::StrCat("'", absl::StrJoin(path, "."), "' refers to itself"));
    absl::StatusOr<Value> out = Unbounded(value, path);
    --depth_;
    return out;
  }

 private:
  absl::StatusOr<Value> Unbounded(const Value& value, const Path& path) {
    Value out = value;
    if (value::List* list = out.list()) {
      for (size_t i = 0; i < list->size(); ++i) {
        ASSIGN_OR_RETURN((*list)[i], Resolve((*list)[i], Below(path, absl::StrCat(i))));
      }
    } else if (value::Map* map = out.map()) {
      for (auto& [name, item] : *map) {
        ASSIGN_OR_RETURN(item, Resolve(item, Below(path, name)));
      }
    } else if (const std::string* text = out.string()) {
      return Text(*text, path);
    }
    return out;
  }

  static Path Below(Path path, const std::string& name) {
    path.push_back(name);
    return path;
  }

  // A string that is nothing but one interpolation has that one's type.
  absl::StatusOr<Value> Text(absl::string_view text, const Path& path) {
    std::string out;
    size_t at = 0;
    for (Opening next = NextOpening(text, 0); next.at != absl::string_view::npos; next = NextOpening(text, at)) {
      absl::StrAppend(&out, text.substr(at, next.slashes - at), std::string((next.at - next.slashes) / 2, '\\'));
      if (next.escaped()) {
        out += "${";
        at = next.at + 2;
        continue;
      }
      const size_t end = EndOf(text, next.at);
      if (end == absl::string_view::npos)
        return absl::InvalidArgumentError(absl::StrCat("'", text, "': '${' is not closed"));
      ASSIGN_OR_RETURN(Value value, One(text.substr(next.at + 2, end - next.at - 3), path));
      if (next.at == 0 && end == text.size()) return value;
      absl::StrAppend(&out, value::PythonText(value));
      at = end;
    }
    absl::StrAppend(&out, text.substr(at));
    return Value(std::move(out));
  }

  // What stands between ${ and }.
  absl::StatusOr<Value> One(absl::string_view written, const Path& path) {
    const size_t colon = written.find(':');
    const size_t inner = written.find("${");
    if (colon != absl::string_view::npos && (inner == absl::string_view::npos || colon < inner)) {
      return Call(absl::StripAsciiWhitespace(written.substr(0, colon)), Arguments(written.substr(colon + 1)), path);
    }
    ASSIGN_OR_RETURN(const Value key, Text(written, path));
    return Node(value::PythonText(key), path);
  }

  absl::StatusOr<Value> Node(absl::string_view written, const Path& from) {
    const absl::string_view key = absl::StripAsciiWhitespace(written);
    Path path = PathOf(key, from);
    const Value* found = Select(root_, path);
    if (found == nullptr || path.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("'${", key, "}': there is no such key"));
    }
    return Resolve(*found, path);
  }

  // One dot is the map around the value, each further one the map around that.
  static Path PathOf(absl::string_view key, const Path& from) {
    size_t dots = 0;
    while (dots < key.size() && key[dots] == '.') ++dots;
    Path path;
    if (dots > 0) path.assign(from.begin(), from.end() - static_cast<int>(std::min(dots, from.size())));
    for (std::string& segment : Segments(key)) path.push_back(std::move(segment));
    return path;
  }

  // An argument: quotes taken off, inner interpolations resolved.
  absl::StatusOr<Value> Argument(absl::string_view text, const Path& path) {
    const bool quoted = text.size() > 1 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0];
    if (quoted) return Text(text.substr(1, text.size() - 2), path);
    if (absl::EqualsIgnoreCase(text, "null")) return Value();
    return Text(text, path);
  }

  absl::StatusOr<Value> Call(absl::string_view name, const std::vector<absl::string_view>& written, const Path& path) {
    std::vector<Value> arguments;
    for (absl::string_view text : written) {
      ASSIGN_OR_RETURN(Value argument, Argument(text, path));
      arguments.push_back(std::move(argument));
    }
    const std::string first = value::PythonText(arguments[0]);
    const bool two = arguments.size() == 2;
    if (name == "oc.env" && arguments.size() <= 2) {
      if (const auto variable = environment_(first)) return Value(*variable);
      if (!two) return absl::InvalidArgumentError(absl::StrCat("environment variable '", first, "' is not set"));
      return arguments[1].is_null() ? Value() : Value(value::PythonText(arguments[1]));
    }
    if (name == "oc.select" && arguments.size() <= 2) {
      const Path target = PathOf(first, path);
      if (const Value* found = Select(root_, target)) return Resolve(*found, target);
      return two ? arguments[1] : Value();
    }
    if (name == "oc.decode" && arguments.size() == 1) return Decoded(arguments[0]);
    return absl::InvalidArgumentError(
        absl::StrCat("'${", name, ":…}' is not supported; oc.env, oc.select and oc.decode are"));
  }

  static absl::StatusOr<Value> Decoded(const Value& value) {
    if (!value.is_string()) return value;
    const absl::StatusOr<ParamOverride> parsed = ParseOverride(absl::StrCat("x=", *value.string()));
    if (parsed.ok() && parsed->choices.empty()) return parsed->value;
    return absl::InvalidArgumentError(absl::StrCat("'${oc.decode:", *value.string(), "}' is no value"));
  }

  const Value& root_;
  const Environment& environment_;
  int depth_ = 0;
};

}  // namespace

bool HasInterpolation(const Value& value) {
  if (const value::List* list = value.list()) {
    for (const Value& item : *list) {
      if (HasInterpolation(item)) return true;
    }
  } else if (const value::Map* map = value.map()) {
    for (const auto& [name, item] : *map) {
      if (HasInterpolation(item)) return true;
    }
  } else if (const std::string* text = value.string()) {
    for (Opening next = NextOpening(*text, 0); next.at != absl::string_view::npos;
         next = NextOpening(*text, next.at + 2)) {
      if (!next.escaped()) return true;
    }
  }
  return false;
}

absl::StatusOr<Value> Interpolated(const Value& value, const Path& path, const Value& root,
                                   const Environment& environment) {
  return Resolver(root, environment).Resolve(value, path);
}

std::string EscapeInterpolations(absl::string_view text) {
  std::string out;
  size_t at = 0;
  for (Opening next = NextOpening(text, 0); next.at != absl::string_view::npos; next = NextOpening(text, at)) {
    const size_t slashes = next.at - next.slashes;
    absl::StrAppend(&out, text.substr(at, next.slashes - at), std::string(2 * slashes + 1, '\\'), "${");
    at = next.at + 2;
  }
  return absl::StrCat(out, text.substr(at));
}

}  // namespace expq::params
