#include "cli/disk.h"

#include <filesystem>
#include <system_error>

namespace expq::cli {

int64_t FreeDiskSpace(const std::string& path) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path, error);  // tidy: asks, touches nothing
  return error ? -1 : static_cast<int64_t>(space.available);
}

}  // namespace expq::cli
