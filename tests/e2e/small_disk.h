// A disk that is full when a test wants it.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace expq::testing {

// A tmpfs over a folder, seen by this process and those that it starts: it ends with them. Needs root.
class SmallDisk {
 public:
  SmallDisk(std::string folder, int kib) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    mounted_ = unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               mount("tmpfs", folder_.c_str(), "tmpfs", 0, Size(kib).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& folder() const { return folder_; }

  void Resize(int kib) const { Remount(0, Size(kib)); }
  void MakeReadOnly() const { Remount(MS_RDONLY, ""); }
  void MakeWritable() const { Remount(0, ""); }

  // Takes all that is left.
  void Fill() const {
    std::ofstream file(folder_ + "/filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void MakeRoom() const { std::filesystem::remove(folder_ + "/filler"); }

 private:
  static std::string Size(int kib) { return absl::StrCat("size=", kib, "k"); }
  void Remount(unsigned long flags, const std::string& options) const {
    EXPECT_EQ(mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | flags, options.c_str()), 0);
  }

  const std::string folder_;
  bool mounted_ = false;
};

#define SKIP_UNLESS_MOUNTED(disk) \
  if (!(disk).mounted()) GTEST_SKIP() << "needs the right to mount a small disk (root)"

}  // namespace expq::testing
