// Where local mode keeps its things, below the git folder that all worktrees share:
//
//   .git/expq/queue.db          the queue
//   .git/expq/logs/             output of the stages (experiment::LogLayout)
//   .git/expq/sessions/<id>.lock  held (flock) by a live run-all or run
//   .git/expq/agent/            workspaces and spools (agent's data folder)
//   .git/expq/cache/            the cache of a repository without .dvc
//   .git/expq/hashes            the hash index
//   .git/expq/tmp/              packs under way, pager input
#pragma once

#include <string>

#include "common/experiment/experiment.h"
#include "common/fs/filesystem.h"

namespace expq::cli {

// Formats only.
class LocalLayout {
 public:
  explicit LocalLayout(const std::string& common_dir) : dir_(fs::Join(common_dir, "expq")) {}
  const std::string& dir() const { return dir_; }
  std::string Database() const { return fs::Join(dir_, "queue.db"); }
  std::string Logs() const { return fs::Join(dir_, "logs"); }
  std::string Sessions() const { return fs::Join(dir_, "sessions"); }
  std::string SessionLock(const experiment::SessionId& id) const { return fs::Join(Sessions(), id.value + ".lock"); }
  std::string AgentData() const { return fs::Join(dir_, "agent"); }
  std::string Cache() const { return fs::Join(dir_, "cache"); }
  std::string Hashes() const { return fs::Join(dir_, "hashes"); }
  std::string Temporary() const { return fs::Join(dir_, "tmp"); }

 private:
  std::string dir_;
};

}  // namespace expq::cli
