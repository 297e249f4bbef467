// The workspaces of failed attempts, which stay until somebody removes the experiment. When the scheduler is far away,
// only asking tells: some of them are named in a report now and then, and its answer says which can go.
#pragma once

#include <string>
#include <vector>

#include "agent/agent_layout.h"
#include "common/fs/filesystem.h"

namespace expq::agent {

// Used by one thread, but Remove.
class KeptWorkspaces {
 public:
  KeptWorkspaces(fs::Filesystem& fs, AgentLayout layout) : fs_(fs), layout_(std::move(layout)) {}

  // The next few experiments of which something is kept, round and round.
  std::vector<experiment::ExperimentId> Next();
  // Takes a while when they are large. Thread-safe. Only what is kept goes, whatever the id is.
  void Remove(const experiment::ExperimentId& id);

 private:
  fs::Filesystem& fs_;
  const AgentLayout layout_;
  std::string last_;  // named last
};

}  // namespace expq::agent
