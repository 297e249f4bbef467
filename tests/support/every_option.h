// What can be said about how an experiment runs, all of it: for what must carry every field.
#pragma once

#include "common/experiment/experiment.h"

namespace expq::testing {

// No field has its default.
inline experiment::RunOptions EveryOption() {
  return {.targets = {"train", "sub/dvc.yaml:prep"},
          .subdir = "sub",
          .force = true,
          .single_item = true,
          .downstream = true,
          .keep_going = true,
          .no_run_cache = true,
          .ignore_errors = true,
          .force_downstream = true,
          .allow_missing = true,
          .pull = true,
          .stage_jobs = 3,
          .env = {{"Z", "first"}, {"A", ""}, {"B", "2=3"}}};
}

}  // namespace expq::testing
