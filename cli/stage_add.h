// `expq stage add`: a stage defined from the command line.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/context.h"
#include "cli/options.h"
#include "common/pipeline/stage_writer.h"

namespace expq::cli {

// The options of it, and what they say.
class StageAdd {
 public:
  void Declare(OptionTable& table);
  // Writes the stage into the dvc.yaml of the current folder and its outputs into .gitignore; all or nothing.
  // `command` is what the stage runs, word by word. AlreadyExists for a name that is taken, without --force.
  absl::Status Run(const Context& context, const std::vector<std::string>& command) const;

 private:
  absl::StatusOr<pipeline::StageDraft> Draft(const std::vector<std::string>& command) const;

  std::string name_, desc_, wdir_;
  std::vector<std::string> deps_, params_, outs_, outs_no_cache_, outs_persist_, outs_persist_no_cache_;
  std::vector<std::string> metrics_, metrics_no_cache_, plots_, plots_no_cache_;
  bool force_ = false;
  bool always_changed_ = false;
  bool run_ = false;
};

}  // namespace expq::cli
