// The formats behind ParseFile.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/value/value.h"

namespace expq::params {

enum class Format { kYaml, kJson, kToml, kPython };

// By suffix, case-insensitive.
Format FormatOf(absl::string_view file);

// TOML 1.0, keys in document order; dates and times as value::Date.
absl::StatusOr<value::Value> ParseToml(absl::string_view text, absl::string_view file);

}  // namespace expq::params
