// What a process is started with: variables and folder. Read once in main, then passed in.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace expq::cli {

class Environment {
 public:
  // `variables`: "KEY=VALUE".
  explicit Environment(std::vector<std::string> variables) : variables_(std::move(variables)) {}
  // "" when unset.
  std::string Get(absl::string_view name) const;
  const std::vector<std::string>& variables() const { return variables_; }

 private:
  std::vector<std::string> variables_;
};

// The folder this process was started in; "" when it is gone.
std::string CurrentFolder();
// Links resolved where the path exists, else lexically normal.
std::string Canonical(const std::string& path);
// This machine's name, for people.
std::string HostName();

}  // namespace expq::cli
