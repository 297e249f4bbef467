// YAML as OmegaConf reads and writes it, by PyYAML with YAML 1.1: yes and on are true, 010 is 8, 1:30 is 90; besides,
// 1e-5 is a float and a date is text.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/value/value.h"

namespace expq::params {

// InvalidArgument "FILE:LINE:COLUMN: …". An empty file is an empty map.
absl::StatusOr<value::Value> ReadOmegaYaml(absl::string_view text, absl::string_view file);

// OmegaConf.to_yaml, byte for byte (but lines of quoted control characters are not folded).
std::string WriteOmegaYaml(const value::Value& root);

// What a plain scalar means.
value::Value OmegaPlain(absl::string_view text);

}  // namespace expq::params
