#include "common/experiment/log_layout.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace expq::experiment {
namespace {

std::string Escape(absl::string_view stage) {
  std::string out;
  for (unsigned char c : stage) {
    if (absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '@' || c == '-') {
      out += static_cast<char>(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", c);
    }
  }
  return out;
}

std::optional<std::string> Unescape(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) || !absl::ascii_isxdigit(text[i + 2])) {
      return std::nullopt;
    }
    out += absl::HexStringToBytes(text.substr(i + 1, 2));
    i += 2;
  }
  return out;
}

}  // namespace

std::string LogLayout::ExperimentDir(const ExperimentId& id) const { return absl::StrCat(dir_, "/", id.value); }

std::string LogLayout::AttemptDir(const ExperimentId& id, int attempt) const {
  return absl::StrCat(ExperimentDir(id), "/", attempt);
}

std::string LogLayout::File(const ExperimentId& id, int attempt, int index, absl::string_view stage) const {
  return absl::StrFormat("%s/%02d-%s.log", AttemptDir(id, attempt), index, Escape(stage));
}

std::optional<std::pair<int, std::string>> LogLayout::ParseFile(absl::string_view name) {
  size_t dash = name.find('-');
  if (dash == absl::string_view::npos || name.size() < dash + 5 || name.substr(name.size() - 4) != ".log") {
    return std::nullopt;
  }
  int index = 0;
  if (!absl::SimpleAtoi(name.substr(0, dash), &index) || index < 0) return std::nullopt;
  auto stage = Unescape(name.substr(dash + 1, name.size() - dash - 5));
  if (!stage) return std::nullopt;
  return std::make_pair(index, *stage);
}

}  // namespace expq::experiment
