// What a plain scalar means: YAML 1.2's core schema with ruamel's extensions.
#pragma once

#include "absl/strings/string_view.h"

namespace expq::yaml {

// kMerge is `<<`, kDefault is `=`: keys only, an error as values.
enum class Meaning { kString, kNull, kBool, kInt, kFloat, kDate, kMerge, kDefault };

// By the text's shape alone: "1__0" is an int, "2024-99-99" a date.
Meaning MeaningOf(absl::string_view plain);

// True when a YAML 1.1 reader (PyYAML) takes a 1.2 string for something else: yes, off, 1:30, ….
bool MeansOtherIn11(absl::string_view plain);

}  // namespace expq::yaml
