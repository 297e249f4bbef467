#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "absl/strings/strip.h"
#include "common/fs/filesystem.h"

namespace expq::fs {
namespace {

// Different in every process, also on machines that share a disk, and in a child that was forked.
uint64_t ProcessSalt() {
  static const uint64_t random = [] {
    uint64_t bits = 0;
    const ssize_t got = getrandom(&bits, sizeof(bits), 0);  // tidy: must differ between processes, also of one seed
    return got == sizeof(bits) ? bits : 0;
  }();
  return random + static_cast<uint64_t>(getpid());
}

}  // namespace

std::string TemporaryName(absl::string_view path) {
  static std::atomic<uint32_t> count{0};
  // 6 + 16 digits: the shape that DVC's own temporary files in a cache have, so that its gc knows them.
  return Join(Dirname(path), absl::StrFormat(".%06x%016x.tmp", count++ & 0xffffffu, ProcessSalt()));
}

bool IsTemporaryName(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, ".") || !absl::ConsumeSuffix(&name, ".tmp") || name.size() != 22) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace expq::fs
