// A workbench on a disk of its own: the repository, its queue and its cache.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/small_disk.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {

class OnSmallDisk {
 public:
  explicit OnSmallDisk(int kib, std::vector<std::string> variables = {}) : disk_(place_ / "disk", kib) {
    const char* before = std::getenv("TMPDIR");
    const std::string kept = before == nullptr ? "" : before;
    setenv("TMPDIR", disk_.folder().c_str(), 1);
    bench_.emplace(std::move(variables));
    if (before == nullptr) {
      unsetenv("TMPDIR");
    } else {
      setenv("TMPDIR", kept.c_str(), 1);
    }
  }

  const SmallDisk& disk() const { return disk_; }
  const Workbench& bench() const { return *bench_; }

 private:
  TempDir place_;
  SmallDisk disk_;
  std::optional<Workbench> bench_;
};

}  // namespace expq::testing
