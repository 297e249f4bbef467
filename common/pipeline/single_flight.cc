#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pipeline/executor.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

// flock cannot wait and listen to a stop token at once, so it is asked again, less and less often: a stage that is
// waited for takes seconds, and the wait must not cost what it saves.
constexpr absl::Duration kFirstPause = absl::Milliseconds(2);
constexpr absl::Duration kLongestPause = absl::Milliseconds(100);

class FileSingleFlight : public SingleFlight {
 public:
  explicit FileSingleFlight(std::string dir) : dir_(std::move(dir)) {}

  absl::StatusOr<std::unique_ptr<fs::FileLock>> Acquire(const std::string& key, const sync::StopToken& stop,
                                                        bool* waited) override {
    *waited = false;
    RETURN_IF_ERROR(fs::PosixFilesystem().MakeDirs(dir_));
    const std::string path = fs::Join(dir_, key);
    for (absl::Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
      absl::StatusOr<std::unique_ptr<fs::FileLock>> lock = fs::FileLock::TryLock(path, fs::FileLock::File::kGoes);
      if (lock.ok() || !absl::IsUnavailable(lock.status())) return lock;
      *waited = true;
      if (stop.WaitFor(pause)) return absl::CancelledError(absl::StrCat("stopped while waiting for ", path));
    }
  }

 private:
  const std::string dir_;
};

}  // namespace

std::unique_ptr<SingleFlight> NewFileSingleFlight(std::string dir) {
  return std::make_unique<FileSingleFlight>(std::move(dir));
}

}  // namespace expq::pipeline
