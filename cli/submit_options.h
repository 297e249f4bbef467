// What `submit` and `run` take: the experiments to be, as typed.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cli/options.h"

namespace expq::cli {

struct SubmitOptions {
  std::vector<std::string> targets;
  std::vector<std::string> overrides;  // -S
  std::string name;
  std::string message;
  int priority = 0;
  int gpus = 0;
  int cpus = 0;
  int64_t memory = 0;
  std::vector<std::string> labels;
  std::vector<std::string> after;
  int retries = 0;
  absl::Duration timeout = absl::InfiniteDuration();
  std::vector<std::string> env;
  bool force = false;
  bool single_item = false;
  bool downstream = false;
  bool whole_pipelines = false;
  bool all_pipelines = false;
  bool recursive = false;
  bool glob = false;
  bool keep_going = false;
  bool no_hydra = false;
  bool no_run_cache = false;
  bool ignore_errors = false;
  bool force_downstream = false;
  bool allow_missing = false;
  bool pull = false;
  int stage_jobs = 1;
};

void DeclareSubmitOptions(OptionTable& table, SubmitOptions* options);

}  // namespace expq::cli
