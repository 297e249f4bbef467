// Names of experiments: what is allowed, what was meant. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace expq::core {

// A name becomes the last part of a ref and a word on the command line: InvalidArgument, saying why, for what git
// refuses in a ref, for a slash, and for what could be a revision (hex, 4 to 40 characters).
absl::Status CheckName(absl::string_view name);

// True for at least kMinPrefix hex characters: it may be the beginning of an id or a revision.
bool LooksLikeHex(absl::string_view text);

// The candidate that is a typing error away from `text` (a third of its length, at least 1), or nullopt.
std::optional<std::string> NearName(absl::string_view text, const std::vector<std::string>& candidates);

}  // namespace expq::core
