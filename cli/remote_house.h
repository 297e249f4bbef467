// Remote mode: a scheduler somewhere, behind the same interfaces.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cli/connection.h"

namespace expq::cli {

// Does not connect yet: the first call says Unavailable when nobody answers.
absl::StatusOr<std::unique_ptr<House>> OpenRemoteHouse(const std::string& address);

}  // namespace expq::cli
