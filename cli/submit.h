// What `submit` and `run` say about what they have queued.
#pragma once

#include <string>

#include "cli/context.h"
#include "common/experiment/experiment.h"

namespace expq::cli {

// "queued NAME  KEY=VALUE …", one line an experiment; of a large grid the first few and the count. `verb`: "queued".
std::string QueuedText(const std::vector<experiment::Experiment>& experiments, absl::string_view verb);

}  // namespace expq::cli
