// How an experiment's run options and needs stand in JSON, wherever they are kept: in a submission's message, in an
// agent's spool. Keys may be added, never changed.
#pragma once

#include "common/experiment/experiment.h"
#include "common/submission/fields.h"
#include "common/value/value.h"

namespace expq::submission {

value::Value OptionsJson(const experiment::RunOptions& options);
value::Value NeedJson(const experiment::Resources& need);
value::Value TextsJson(const std::vector<std::string>& texts);

// What is absent keeps its default; what is wrong is said by `in`.
void ReadOptions(Fields& in, experiment::RunOptions* options);
void ReadNeed(Fields& in, experiment::Resources* need);

}  // namespace expq::submission
