// The JSON shapes of CLI.md (version 1), as values.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/exit_code.h"
#include "common/experiment/experiment.h"
#include "common/value/value.h"

namespace expq::cli {

// {"version":1, …}
value::Map Versioned();
// One line with its end.
std::string JsonLine(value::Map object);
std::string ErrorJson(ExitCode code, absl::string_view message, absl::string_view hint);

// "key": text, or null for the empty string.
value::Value TextOrNull(absl::string_view text);
value::Value TimeOrNull(absl::Time time);
// JSON text of params or metrics as a value; an empty map when it does not parse.
value::Value ParsedValues(absl::string_view json);

value::Value ExperimentJson(const experiment::Experiment& experiment);
value::Value ExperimentsJson(const std::vector<experiment::Experiment>& experiments);
value::Value AgentJson(const experiment::AgentInfo& agent);

}  // namespace expq::cli
