// Targets in words that every machine understands: patterns, folders and "everything connected" become stages and
// pipeline files when an experiment is submitted.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/submit_options.h"
#include "common/pipeline/pipeline.h"

namespace expq::cli {

// As typed when none of the options asks for more; else the stages that are meant, relative to `subdir`, a whole
// pipeline file as one. NotFound as SelectTargets has it.
absl::StatusOr<std::vector<std::string>> SpelledTargets(const pipeline::Pipeline& pipeline, const std::string& subdir,
                                                        const SubmitOptions& options);

}  // namespace expq::cli
