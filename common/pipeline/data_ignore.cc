#include "common/pipeline/data_ignore.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/pipeline/ignore.h"
#include "common/sync/sync.h"

namespace expq::pipeline {
namespace {

class DataIgnoreBook {
 public:
  DataIgnoreBook(const fs::FileReader& fs, std::string root) : fs_(fs), root_(std::move(root)) {}

  bool Ignores(const std::string& path, bool is_dir) {
    if (!absl::StartsWith(path, root_ + "/")) return false;
    const std::string relative = path.substr(root_.size() + 1);
    sync::MutexLock lock(mutex_);
    return PatternsFor(fs::Dirname(relative))->Ignores(relative, is_dir);
  }

 private:
  using Patterns = std::shared_ptr<const IgnorePatterns>;

  // What DVC never looks into.
  static Patterns DvcsOwn() {
    auto patterns = std::make_shared<IgnorePatterns>(IgnorePatterns::Style::kDvc);
    patterns->Add(".", ".hg/\n.git/\n.git\n.dvc/\n");
    return patterns;
  }

  // Those of `dir` (relative) and of the folders above it; shared where it has no file of its own.
  Patterns PatternsFor(const std::string& dir) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto known = by_dir_.find(dir);
    if (known != by_dir_.end()) return known->second;
    Patterns patterns = dir == "." ? DvcsOwn() : PatternsFor(fs::Dirname(dir));
    const auto text = fs_.Read(fs::Join(fs::Join(root_, dir), ".dvcignore"));
    if (text.ok()) {
      auto more = std::make_shared<IgnorePatterns>(*patterns);
      more->Add(dir, *text);
      patterns = std::move(more);
    }
    return by_dir_[dir] = std::move(patterns);
  }

  const fs::FileReader& fs_;
  const std::string root_;

  sync::Mutex mutex_;
  std::map<std::string, Patterns> by_dir_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::function<bool(const std::string& path, bool is_dir)> DataIgnore(const fs::FileReader& fs, std::string root) {
  auto book = std::make_shared<DataIgnoreBook>(fs, std::move(root));
  return [book = std::move(book)](const std::string& path, bool is_dir) { return book->Ignores(path, is_dir); };
}

}  // namespace expq::pipeline
