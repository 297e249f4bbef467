// The sign of life of a process that runs experiments here: a locked file. Its lock ends with the process, however it
// ends, so a killed run-all is noticed by the next command at once.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/local_layout.h"
#include "common/experiment/experiment.h"
#include "common/fs/filesystem.h"
#include "common/random/random.h"

namespace expq::cli {

class Session {
 public:
  // A new session, alive until destroyed.
  static absl::StatusOr<Session> Begin(fs::Filesystem& fs, const LocalLayout& layout, random::Random& random);
  ~Session();
  Session(Session&& other) noexcept;
  Session& operator=(Session&&) = delete;

  const experiment::SessionId& id() const { return id_; }

 private:
  Session(fs::Filesystem& fs, std::string path, experiment::SessionId id, std::unique_ptr<fs::FileLock> lock)
      : fs_(&fs), path_(std::move(path)), id_(std::move(id)), lock_(std::move(lock)) {}

  fs::Filesystem* fs_;
  std::string path_;
  experiment::SessionId id_;
  std::unique_ptr<fs::FileLock> lock_;
};

// False when its process is known to be gone.
bool SessionAlive(const fs::FileReader& fs, const LocalLayout& layout, const experiment::SessionId& id);

}  // namespace expq::cli
