// A repository whose pipeline is one stage.
#pragma once

#include <string>

#include "tests/support/temp_repo.h"

namespace expq::testing {

// One stage that turns params into a metric, and an output into the cache.
inline void OneStage(const TempRepo& repo, const std::string& script) {
  repo.Write("params.yaml", "# how it learns\nunits: 64\nlr: 1e-3\n");
  repo.Write("train.sh", script);
  repo.Write("dvc.yaml",
             "stages:\n"
             "  train:\n"
             "    cmd: sh train.sh\n"
             "    deps:\n"
             "    - train.sh\n"
             "    params:\n"
             "    - units\n"
             "    outs:\n"
             "    - model.bin\n"
             "    metrics:\n"
             "    - metrics.json:\n"
             "        cache: false\n");
  repo.Write(".dvc/config", "");
  repo.Write(".dvc/.gitignore", "/config.local\n/tmp\n/cache\n");
  repo.Write(".gitignore", "/model.bin\n");
  repo.Commit();
}

inline constexpr char kTrain[] =
    "units=$(sed -n 's/^units: //p' params.yaml)\n"
    "echo training $units\n"
    "echo weights $units > model.bin\n"
    "echo \"{\\\"acc\\\": $units}\" > metrics.json\n";

}  // namespace expq::testing
