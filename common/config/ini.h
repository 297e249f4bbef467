// The INI dialect of DVC's configuration files (Python's configobj): [section], ['remote "name"'], key = value,
// comments from '#', quotes of either kind, lists with commas.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace expq::config {

struct Setting {
  std::string section;  // "core"; of ['remote "name"'] it is "remote", and the name is apart; both in lower case
  std::string name;
  std::string key;                  // in lower case
  std::vector<std::string> values;  // one, unless the line holds a list
  int line = 0;                     // 1-based
};

// In file order. InvalidArgument "FILE:LINE: …" for a line that is none of the above, a section or key that is there
// twice, a nested section, a key before the first section. `file` only names it in messages.
absl::StatusOr<std::vector<Setting>> ParseIni(absl::string_view text, absl::string_view file);

}  // namespace expq::config
