#include "common/pipeline/command_arguments.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

bool IsShellSafe(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         absl::string_view("@%_-+=:,./").find(c) != absl::string_view::npos;
}

std::string Word(const value::Value& scalar) {
  return scalar.is_string() ? ShellQuoted(*scalar.string()) : value::PythonText(scalar);
}

absl::Status AppendList(const std::string& key, const value::List& list, std::vector<std::string>& words) {
  if (list.empty()) return absl::OkStatus();
  words.push_back("--" + key);
  for (const value::Value& item : list) {
    if (item.is_list() || item.is_map()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", key, "' holds a list or map inside a list, which cannot become arguments"));
    }
    words.push_back(Word(item));
  }
  return absl::OkStatus();
}

absl::Status AppendMap(const std::string& prefix, const value::Map& map, std::vector<std::string>& words) {
  for (const auto& [name, value] : map) {
    const std::string key = prefix.empty() ? name : absl::StrCat(prefix, ".", name);
    if (value.is_map()) {
      RETURN_IF_ERROR(AppendMap(key, *value.map(), words));
    } else if (value.is_list()) {
      RETURN_IF_ERROR(AppendList(key, *value.list(), words));
    } else if (value.is_bool()) {
      if (*value.boolean()) words.push_back("--" + key);
    } else {
      words.push_back("--" + key);
      words.push_back(Word(value));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string ShellQuoted(absl::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), IsShellSafe)) return std::string(text);
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\"'\"'"}}), "'");
}

absl::StatusOr<std::string> CommandArguments(const value::Map& map) {
  std::vector<std::string> words;
  RETURN_IF_ERROR(AppendMap("", map, words));
  return absl::StrJoin(words, " ");
}

}  // namespace expq::pipeline
