// Where everything stands in a TOML text.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/source_tree.h"

namespace expq::params {

// The tree of a text that ParseToml takes. Tables are blocks: a table's new keys go below its last one.
absl::StatusOr<SourceNode> ReadToml(absl::string_view text, absl::string_view file);

// A key, quoted where it must be.
std::string TomlKey(absl::string_view name);

}  // namespace expq::params
