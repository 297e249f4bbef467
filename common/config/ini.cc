#include "common/config/ini.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status/status.h"

namespace expq::config {
namespace {

bool IsQuote(char c) { return c == '"' || c == '\''; }

// Whether nothing but a comment is left.
bool IsRest(absl::string_view rest) {
  rest = absl::StripLeadingAsciiWhitespace(rest);
  return rest.empty() || rest[0] == '#';
}

std::string Unquoted(absl::string_view text) {
  if (text.size() >= 2 && IsQuote(text[0]) && text.back() == text[0]) text = text.substr(1, text.size() - 2);
  return std::string(text);
}

// One value off the front of `rest`: quoted, or up to a comma or comment.
bool TakeValue(absl::string_view& rest, std::string& value) {
  rest = absl::StripLeadingAsciiWhitespace(rest);
  if (rest.empty() || !IsQuote(rest[0])) {
    const size_t end = std::min(rest.find_first_of(",#"), rest.size());
    value = std::string(absl::StripTrailingAsciiWhitespace(rest.substr(0, end)));
    rest.remove_prefix(end);
    return true;
  }
  const size_t close = rest.find(rest[0], 1);
  if (close == absl::string_view::npos) return false;
  value = std::string(rest.substr(1, close - 1));
  rest.remove_prefix(close + 1);
  rest = absl::StripLeadingAsciiWhitespace(rest);
  return rest.empty() || rest[0] == ',' || rest[0] == '#';
}

class Parser {
 public:
  explicit Parser(absl::string_view file) : file_(file) {}

  absl::Status Take(absl::string_view line, int number) {
    line_ = number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') return absl::OkStatus();
    return line[0] == '[' ? TakeSection(line) : TakeSetting(line);
  }

  std::vector<Setting> Settings() && { return std::move(settings_); }

 private:
  absl::Status Error(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(file_, ":", line_, ": ", what));
  }

  absl::Status TakeSection(absl::string_view line) {
    const size_t close = line.rfind(']', std::min(line.find('#'), line.size()));
    if (close == absl::string_view::npos || !IsRest(line.substr(close + 1))) return Error("a section is not closed");
    if (absl::StartsWith(line, "[[")) return Error("a section inside another one");
    const std::string name = absl::AsciiStrToLower(Unquoted(absl::StripAsciiWhitespace(line.substr(1, close - 1))));
    if (!sections_.insert(name).second) return Error(absl::StrCat("section '", name, "' is there twice"));
    keys_.clear();
    section_ = name;
    name_.clear();
    for (const absl::string_view kind : {"remote", "machine", "db"}) {
      absl::string_view rest = name;
      if (!absl::ConsumePrefix(&rest, kind)) continue;
      rest = absl::StripAsciiWhitespace(rest);
      if (rest.size() < 2 || rest[0] != '"' || rest.back() != '"') continue;
      section_ = std::string(kind);
      name_ = std::string(rest.substr(1, rest.size() - 2));
    }
    return absl::OkStatus();
  }

  absl::Status TakeSetting(absl::string_view line) {
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos || equals == 0) return Error("expected 'key = value' or '[section]'");
    Setting setting{.section = section_, .name = name_, .line = line_};
    setting.key = absl::AsciiStrToLower(Unquoted(absl::StripAsciiWhitespace(line.substr(0, equals))));
    if (sections_.empty()) return Error(absl::StrCat("'", setting.key, "' stands in no section"));
    if (!keys_.insert(setting.key).second) return Error(absl::StrCat("'", setting.key, "' is there twice"));
    RETURN_IF_ERROR(TakeValues(absl::StripAsciiWhitespace(line.substr(equals + 1)), setting.values));
    settings_.push_back(std::move(setting));
    return absl::OkStatus();
  }

  absl::Status TakeValues(absl::string_view text, std::vector<std::string>& values) const {
    for (const absl::string_view triple : {"\"\"\"", "'''"}) {
      if (!absl::ConsumePrefix(&text, triple)) continue;
      const size_t close = text.find(triple);
      if (close == absl::string_view::npos) return Error("a value of several lines is not supported");
      values.emplace_back(text.substr(0, close));
      return IsRest(text.substr(close + 3)) ? absl::OkStatus() : Error("text after the closing quotes");
    }
    while (true) {
      std::string value;
      if (!TakeValue(text, value)) return Error("the quotes of the value do not close where it ends");
      values.push_back(std::move(value));
      if (!absl::ConsumePrefix(&text, ",")) return absl::OkStatus();
      if (IsRest(text)) return absl::OkStatus();  // a comma at the end makes a list of one
    }
  }

  const absl::string_view file_;
  std::string section_, name_;
  std::set<std::string> sections_;
  std::set<std::string> keys_;  // of the section
  std::vector<Setting> settings_;
  int line_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<Setting>> ParseIni(absl::string_view text, absl::string_view file) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  Parser parser(file);
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) RETURN_IF_ERROR(parser.Take(line, ++number));
  return std::move(parser).Settings();
}

}  // namespace expq::config
