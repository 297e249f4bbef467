#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "common/fs/filesystem.h"

namespace expq::fs {
namespace {

constexpr uint32_t kUsual = 022;

// umask(2) cannot look without changing it, which other threads would feel.
uint32_t AskKernel() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, "Umask:")) continue;
    uint32_t mask = 0;
    for (const char digit : absl::StripAsciiWhitespace(rest)) mask = mask * 8 + static_cast<uint32_t>(digit - '0');
    return mask & 0777;
  }
  return kUsual;
}

}  // namespace

uint32_t Umask() {
  static const uint32_t mask = AskKernel();
  return mask;
}

}  // namespace expq::fs
