// Which settings there are, and of what type: DVC's own table.
#pragma once

#include <optional>

#include "absl/strings/string_view.h"

namespace expq::config {

enum class Type {
  kText,
  kLowerText,  // read in lower case
  kPath,       // relative to the folder of the file that it stands in
  kBool,
  kCount,  // 1 or more
  kInteger,
  kNumber,
  kLinks,
  kShared,  // "group"
  kBoolArguments,
  kListArguments,
  kGone,  // accepted, without effect
};

bool IsSection(absl::string_view section);

// Nothing for an unknown key. Of remotes `scheme` is that of the url: "" is a path.
std::optional<Type> TypeOf(absl::string_view section, absl::string_view key, absl::string_view scheme);

// Whether a remote's url may have that scheme.
bool IsScheme(absl::string_view scheme);

}  // namespace expq::config
