// Assignments and outcomes as text: what the spool holds. One JSON object each; a key that is absent is its default, an
// unknown key is left alone, so that agents of neighbouring versions read each other's spool. Run options and needs
// stand in it as room submission writes them; the lists of pairs that older agents wrote for maps are read too.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/experiment/experiment.h"

namespace expq::agent {

std::string EncodeAssignment(const experiment::Assignment& assignment);
absl::StatusOr<experiment::Assignment> DecodeAssignment(absl::string_view text);

std::string EncodeOutcome(const experiment::Outcome& outcome);
absl::StatusOr<experiment::Outcome> DecodeOutcome(absl::string_view text);

}  // namespace expq::agent
