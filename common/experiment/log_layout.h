// Where the logs of attempts lie: <dir>/<experiment id>/<attempt>/<NN>-<stage>.log
// The supervisor of a local run writes straight into it; a scheduler appends what agents send.
#pragma once

#include <optional>
#include <string>

#include "common/experiment/interfaces.h"

namespace expq::experiment {

// Formats and parses only. In a file name, bytes of the stage outside [A-Za-z0-9._@-] are %XX.
class LogLayout {
 public:
  explicit LogLayout(std::string dir) : dir_(std::move(dir)) {}
  std::string ExperimentDir(const ExperimentId& id) const;
  std::string AttemptDir(const ExperimentId& id, int attempt) const;
  std::string File(const ExperimentId& id, int attempt, int index, absl::string_view stage) const;
  // From a file's name ("03-train.log"): index and stage; nullopt for other files.
  static std::optional<std::pair<int, std::string>> ParseFile(absl::string_view name);

 private:
  std::string dir_;
};

}  // namespace expq::experiment
