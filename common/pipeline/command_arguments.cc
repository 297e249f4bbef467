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

class Arguments {
 public:
  explicit Arguments(const config::ParsingSettings& parsing) : parsing_(parsing) {}

  std::string Joined() const { return absl::StrJoin(words_, " "); }

  absl::Status AddMap(const std::string& prefix, const value::Map& map) {
    for (const auto& [name, value] : map) {
      const std::string key = prefix.empty() ? name.text() : absl::StrCat(prefix, ".", name);
      if (value.is_map()) {
        RETURN_IF_ERROR(AddMap(key, *value.map()));
      } else if (value.is_list()) {
        RETURN_IF_ERROR(AddList(key, *value.list()));
      } else if (value.is_bool()) {
        AddBool(key, *value.boolean());
      } else {
        AddOption(key);
        words_.push_back(Word(value));
      }
    }
    return absl::OkStatus();
  }

 private:
  void AddOption(const std::string& key) { words_.push_back("--" + key); }

  void AddBool(const std::string& key, bool value) {
    if (value) AddOption(key);
    if (!value && parsing_.bool_arguments == config::BoolArguments::kBooleanOptional) AddOption("no-" + key);
  }

  absl::Status AddList(const std::string& key, const value::List& list) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i].is_list() || list[i].is_map()) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", key, "' holds a list or map inside a list, which cannot become arguments"));
      }
      if (i == 0 || parsing_.list_arguments == config::ListArguments::kAppend) AddOption(key);
      words_.push_back(Word(list[i]));
    }
    return absl::OkStatus();
  }

  const config::ParsingSettings& parsing_;
  std::vector<std::string> words_;
};

}  // namespace

std::string ShellQuoted(absl::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), IsShellSafe)) return std::string(text);
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\"'\"'"}}), "'");
}

absl::StatusOr<std::string> CommandArguments(const value::Map& map, const config::ParsingSettings& parsing) {
  Arguments arguments(parsing);
  RETURN_IF_ERROR(arguments.AddMap("", map));
  return arguments.Joined();
}

}  // namespace expq::pipeline
