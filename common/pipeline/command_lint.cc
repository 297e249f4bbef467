#include "common/pipeline/command_lint.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace expq::pipeline {
namespace {

using Words = std::vector<absl::string_view>;

bool IsIn(absl::string_view word, std::initializer_list<absl::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "NAME" of a line that is nothing but NAME=VALUE, perhaps after `export`; else "".
absl::string_view OnlySets(const Words& words) {
  const size_t at = words[0] == "export" ? 1 : 0;
  if (words.size() != at + 1) return "";
  const absl::string_view name = words[at].substr(0, words[at].find('='));
  const bool is_name = name.size() < words[at].size() && !name.empty() && !absl::ascii_isdigit(name[0]) &&
                       std::all_of(name.begin(), name.end(), [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
  return is_name ? name : "";
}

bool GoesOn(absl::string_view line, const Words& words) {
  for (const char* end : {"\\", "&&", "||", "|", "{", "("}) {
    if (absl::EndsWith(line, end)) return true;
  }
  if (IsIn(words.back(), {"do", "then", "else"})) return true;
  return IsIn(words[0], {"if", "for", "while", "until", "case"}) && !IsIn(words.back(), {"fi", "done", "esac"}) &&
         !absl::StrContains(line, "; done") && !absl::StrContains(line, "; fi") && !absl::StrContains(line, "esac");
}

std::string LostAfter(absl::string_view line) {
  const Words words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty() || absl::StartsWith(line, "#")) return "";
  if (GoesOn(line, words)) return absl::StrCat("'", line, "' does not go on in the next line");
  if (words[0] == "cd" && line.find_first_of(";&|") == absl::string_view::npos) {
    return "'cd' holds for its own line only";
  }
  const absl::string_view name = OnlySets(words);
  return name.empty() ? "" : absl::StrCat("'", name, "' is set for its own line only");
}

}  // namespace

std::string LostBetweenLines(const std::vector<std::string>& lines) {
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    const std::string lost = LostAfter(absl::StripAsciiWhitespace(lines[i]));
    if (!lost.empty()) return lost;
  }
  return "";
}

}  // namespace expq::pipeline
