// Which outputs expq has put into this worktree, or recorded there: so that a checkout of another branch can take away
// what is not recorded there.
//
//   <git folder of the worktree>/expq/outputs   a JSON list of paths, relative to DVC's root, a line
#pragma once

#include <set>
#include <string>

#include "absl/status/status.h"
#include "cli/place.h"
#include "common/fs/filesystem.h"

namespace expq::cli {

// A memory only: without it nothing is taken away.
class OutputBook {
 public:
  OutputBook(fs::Filesystem& fs, const Place& place);

  const std::set<std::string>& Paths() const { return before_; }
  void Remember(const std::string& root_path) { paths_.insert(root_path); }
  void Forget(const std::string& root_path) { paths_.erase(root_path); }
  // Nothing is written when nothing changed.
  absl::Status Save();

 private:
  fs::Filesystem& fs_;
  const std::string file_;
  std::set<std::string> before_;
  std::set<std::string> paths_;
};

}  // namespace expq::cli
