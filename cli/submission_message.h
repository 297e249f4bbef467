// The message of a submission's commit: every experiment of it, so that the index can be rebuilt from the refs.
//
//   expq: 4 experiments
//
//   {"id":"…","name":"rusty-otter","overrides":["units=128"],"options":{…},"need":{…},…}      one line each
#pragma once

#include <string>
#include <vector>

#include "common/experiment/experiment.h"

namespace expq::cli {

std::string SubmissionMessage(const experiment::SubmissionId& id,
                              const std::vector<experiment::Experiment>& experiments);

}  // namespace expq::cli
