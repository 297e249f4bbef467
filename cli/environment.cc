#include "cli/environment.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "common/fs/filesystem.h"

namespace expq::cli {

std::string Environment::Get(absl::string_view name) const {
  for (const std::string& variable : variables_) {
    if (absl::StartsWith(variable, name) && variable.size() > name.size() && variable[name.size()] == '=') {
      return variable.substr(name.size() + 1);
    }
  }
  return "";
}

std::string CurrentFolder() {
  std::error_code error;
  return std::filesystem::current_path(error).string();  // tidy: of the process, not of a disk
}

std::string Canonical(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);  // tidy: the room fs has lexical paths only
  return error ? fs::Normalize(path) : canonical.string();
}

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

}  // namespace expq::cli
