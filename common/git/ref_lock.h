// git's lock of one ref (or of packed-refs), so that neither git nor another expq changes it meanwhile.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"

namespace expq::git {

// Released when destroyed. Held for microseconds: what is to be written is written and synced before.
class RefLock {
 public:
  // `path` is that of the file to lock; its folder is made. Unavailable after two seconds of trying.
  static absl::StatusOr<std::unique_ptr<RefLock>> Acquire(const std::string& common_dir, const std::string& path);
  ~RefLock();
  RefLock(const RefLock&) = delete;
  RefLock& operator=(const RefLock&) = delete;

 private:
  RefLock(std::unique_ptr<fs::FileLock> among_us, std::string link)
      : among_us_(std::move(among_us)), link_(std::move(link)) {}
  static absl::StatusOr<std::unique_ptr<RefLock>> Try(const std::string& common_dir, const std::string& path);

  std::unique_ptr<fs::FileLock> among_us_;
  std::string link_;
};

}  // namespace expq::git
