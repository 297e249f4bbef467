// A workbench whose pipeline is one stage with one script: what a stage may do to us.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/workbench.h"

namespace expq::testing {

// Stage `s` runs `script`, depends on `units`, and makes o.bin.
inline void WriteOneStage(const Workbench& bench, const std::string& script) {
  bench.repo().Write("dvc.yaml",
                     "stages:\n  s:\n    cmd: sh s.sh\n    deps: [s.sh]\n    params: [units]\n    outs: [o.bin]\n");
  bench.repo().Write(".gitignore", "/o.bin\n");
  bench.repo().Write("s.sh", script);
  bench.repo().Commit("one stage");
}

// Makes `$1/NAME`, and goes on when `$1/open` is there.
inline const char kWaitAtGate[] = ": > \"$GATE/$DVC_EXP_NAME\"; while [ ! -e \"$GATE/open\" ]; do sleep 0.02; done\n";

}  // namespace expq::testing
