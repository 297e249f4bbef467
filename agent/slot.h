// A workspace folder that is used again: turned from what it holds into what it should hold by difference, because
// making files is what costs (a thousand unchanged files: a thousand lstat).
//
//   slots/<n>/manifest   line 1 "expq-slot 1", then "objects DIR", "head COMMIT", one "source PATH" a kept data source,
//                        and for each tracked file  MODE BLOB SIZE MTIME_NS CTIME_NS INODE PATH ; MODE f, x or l
// It says what was written, not what is there now: a file whose lstat differs is written again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "agent/agent_layout.h"
#include "common/experiment/experiment.h"
#include "common/fs/filesystem.h"
#include "common/git/repository.h"

namespace expq::agent {

using TreeFiles = std::vector<git::TreeFile>;

// Used by one attempt at a time; holds the slot's lock while it exists.
class Slot {
 public:
  Slot(fs::Filesystem& fs, AgentLayout layout, int number, std::unique_ptr<fs::FileLock> lock);

  int number() const { return number_; }
  std::string workspace() const { return layout_.Workspace(number_); }
  std::string stages_dir() const { return layout_.SlotStages(number_); }
  // The repository whose files are in it, "" when it is empty.
  const std::string& objects_dir() const { return objects_dir_; }

  // Makes the workspace hold exactly `files`: what else lies there is removed, except data sources of the last time.
  absl::Status Materialize(const git::Repository& repository, std::shared_ptr<const TreeFiles> files);
  // Makes .git/index of the workspace, whose .git folder is there: its tracked files as Materialize left them.
  absl::Status WriteIndex() const;
  // Data sources (workspace-relative) that the next Materialize leaves in place; those of the last time are removed.
  absl::Status KeepSources(const std::vector<std::string>& sources);
  // Tracked files that are no longer as Materialize left them: content, mode, or gone.
  std::vector<git::TreeFile> Touched() const;
  bool IsTracked(const std::string& path) const { return written_.contains(path); }

  // Which attempt is prepared here, for the agent that goes on with it.
  absl::Status MarkPrepared(const AttemptKey& key);
  bool IsPreparedFor(const AttemptKey& key) const;
  // Before another attempt: nothing of the old one is resumed or alive. `forget_stages`: what supervisors left of it
  // could be taken for the new one's.
  absl::Status Reset(bool forget_stages);
  // Moves the workspace away for people to look at; the slot is empty then. Returns where it is.
  absl::StatusOr<std::string> Keep(const experiment::Experiment& experiment, int attempt);
  // So that the next process knows what the workspace holds.
  absl::Status SaveManifest();
  // How many files the saved manifest is wrong about: the next process would write them again.
  int unsaved() const { return unsaved_; }

 private:
  struct Written {
    git::TreeFile file;
    int64_t size = 0;
    int64_t mtime_ns = 0;
    int64_t ctime_ns = 0;
    uint64_t inode = 0;
  };
  // Folders to look into while sweeping: those of tracked files and of sources.
  using Folders = absl::flat_hash_set<std::string>;

  void LoadManifest();
  bool Unchanged(const Written& written) const;
  absl::Status Sweep(const std::string& folder, const TreeFiles& files, const absl::flat_hash_set<std::string>& keep,
                     const Folders& folders);
  absl::Status EndStages() const;
  absl::Status WriteTracked(const git::Repository& repository, const git::TreeFile& file);

  fs::Filesystem& fs_;
  const AgentLayout layout_;
  const int number_;
  const std::unique_ptr<fs::FileLock> lock_;
  std::string objects_dir_;
  absl::flat_hash_map<std::string, Written> written_;
  std::vector<std::string> sources_;
  int unsaved_ = 0;
  bool ours_ = false;  // since an attempt of this process has used it: no other process's stages run in it
};

}  // namespace expq::agent
