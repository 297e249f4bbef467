#include "common/pipeline/ignore.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace expq::pipeline {
namespace {

struct Token {
  enum class Kind { kCharacter, kAny, kClass, kStar, kFolders, kEverything };
  Kind kind = Kind::kCharacter;
  char character = 0;
  absl::string_view set;  // of kClass: between the brackets, without the "!"
  bool negated = false;
};

bool InSet(absl::string_view set, char c) {
  for (size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      if (set[i] <= c && c <= set[i + 2]) return true;
      i += 2;
    } else if (set[i] == c) {
      return true;
    }
  }
  return false;
}

// The length of "[…]" at the start of `rest`, or 0 when it is not closed.
size_t ClassLength(absl::string_view rest) {
  const size_t first = rest.size() > 1 && (rest[1] == '!' || rest[1] == '^') ? 2 : 1;
  const size_t close = rest.find(']', first + 1);
  return close == absl::string_view::npos ? 0 : close + 1;
}

Token ClassToken(absl::string_view text) {
  Token token{.kind = Token::Kind::kClass};
  token.negated = text[1] == '!' || text[1] == '^';
  const size_t first = token.negated ? 2 : 1;
  token.set = text.substr(first, text.size() - first - 1);
  return token;
}

// One token off the front of `rest`; `at_part` says whether it stands at the start of a path's part.
Token TakeToken(absl::string_view& rest, bool at_part) {
  if (at_part && absl::ConsumePrefix(&rest, "**/")) return Token{.kind = Token::Kind::kFolders};
  if (at_part && rest == "**") {
    rest = "";
    return Token{.kind = Token::Kind::kEverything};
  }
  if (rest[0] == '*') {
    while (absl::ConsumePrefix(&rest, "*")) continue;
    return Token{.kind = Token::Kind::kStar};
  }
  if (absl::ConsumePrefix(&rest, "?")) return Token{.kind = Token::Kind::kAny};
  if (const size_t length = rest[0] == '[' ? ClassLength(rest) : 0; length > 0) {
    const Token token = ClassToken(rest.substr(0, length));
    rest.remove_prefix(length);
    return token;
  }
  if (rest[0] == '\\' && rest.size() > 1) rest.remove_prefix(1);
  const Token token{.kind = Token::Kind::kCharacter, .character = rest[0]};
  rest.remove_prefix(1);
  return token;
}

std::vector<Token> Tokens(absl::string_view glob) {
  std::vector<Token> tokens;
  bool at_part = true;
  for (absl::string_view rest = glob; !rest.empty();) {
    tokens.push_back(TakeToken(rest, at_part));
    at_part = tokens.back().kind == Token::Kind::kFolders || tokens.back().character == '/';
  }
  return tokens;
}

// Whether `c` may be consumed by the token.
bool Takes(const Token& token, char c) {
  switch (token.kind) {
    case Token::Kind::kCharacter:
      return c == token.character;
    case Token::Kind::kAny:
    case Token::Kind::kStar:
      return c != '/';
    case Token::Kind::kClass:
      return c != '/' && InSet(token.set, c) != token.negated;
    case Token::Kind::kFolders:
    case Token::Kind::kEverything:
      return true;
  }
  return false;
}

bool Repeats(const Token& token) {
  return token.kind == Token::Kind::kStar || token.kind == Token::Kind::kFolders ||
         token.kind == Token::Kind::kEverything;
}

// Adds to `states` what is reached without a character; folders can be left only between two parts.
void Close(const std::vector<Token>& tokens, bool between_parts, std::vector<char>& states) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!states[i] || !Repeats(tokens[i])) continue;
    if (tokens[i].kind != Token::Kind::kFolders || between_parts) states[i + 1] = 1;
  }
}

}  // namespace

bool GlobMatches(absl::string_view glob, absl::string_view path) {
  const std::vector<Token> tokens = Tokens(glob);
  std::vector<char> states(tokens.size() + 1);
  states[0] = 1;
  Close(tokens, true, states);
  for (const char c : path) {
    std::vector<char> next(tokens.size() + 1);
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (!states[i] || !Takes(tokens[i], c)) continue;
      next[Repeats(tokens[i]) ? i : i + 1] = 1;
    }
    states = std::move(next);
    Close(tokens, c == '/', states);
  }
  return states[tokens.size()] != 0;
}

void IgnorePatterns::Add(absl::string_view dir, absl::string_view text) {
  const std::string base = dir.empty() || dir == "." ? "" : absl::StrCat(dir, "/");
  for (absl::string_view line : absl::StrSplit(text, '\n')) AddLine(base, absl::StripSuffix(line, "\r"));
}

void IgnorePatterns::AddLine(const std::string& base, absl::string_view line) {
  while (absl::EndsWith(line, " ") && !absl::EndsWith(line, "\\ ")) line.remove_suffix(1);
  if (line.empty() || line[0] == '#') return;
  Pattern pattern{.base = base, .glob = ""};
  pattern.negated = absl::ConsumePrefix(&line, "!");
  pattern.directory_only = absl::ConsumeSuffix(&line, "/");
  pattern.anchored = absl::StrContains(line, '/');
  absl::ConsumePrefix(&line, "/");
  if (line.empty()) return;
  pattern.glob = std::string(line);
  pattern.plain = line.find_first_of("*?[\\") == absl::string_view::npos;
  patterns_.push_back(std::move(pattern));
}

bool IgnorePatterns::MatchesAlone(const Pattern& pattern, absl::string_view path, bool is_directory) {
  if (pattern.directory_only && !is_directory) return false;
  if (!pattern.anchored) path = path.substr(path.rfind('/') + 1);
  return pattern.plain ? pattern.glob == path : GlobMatches(pattern.glob, path);
}

bool IgnorePatterns::MatchesFolderAbove(const Pattern& pattern, absl::string_view path) {
  for (size_t slash = path.find('/'); slash != absl::string_view::npos; slash = path.find('/', slash + 1)) {
    if (MatchesAlone(pattern, path.substr(0, slash), true)) return true;
  }
  return false;
}

bool IgnorePatterns::Ignores(absl::string_view path, bool is_directory) const {
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
    absl::string_view below = path;
    if (!absl::ConsumePrefix(&below, pattern->base)) continue;
    if (MatchesAlone(*pattern, below, is_directory)) return !pattern->negated;
    if (style_ == Style::kDvc && MatchesFolderAbove(*pattern, below)) return !pattern->negated;
  }
  return false;
}

}  // namespace expq::pipeline
