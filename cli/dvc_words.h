// What people who come from DVC type, and what to type instead.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace expq::cli {

// For a command of DVC that is none here; "" for every other word.
std::string HintForDvcCommand(absl::string_view name);

// For a word after `dvc queue`; "" for every other one.
std::string HintForDvcQueue(absl::string_view word);

}  // namespace expq::cli
