// Changes in a YAML text that leave every byte alone that they need not touch.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/value/value.h"

namespace expq::params {

// The text changed so that it reads as `wanted`; comments, quotes, order and line ends stay. New keys go to the end of
// their map, collections are written in flow style, a block list that changes its length is replaced as a whole.
// InvalidArgument when the text cannot be read, FailedPrecondition when it cannot be changed in place.
absl::StatusOr<std::string> EditYaml(absl::string_view file, absl::string_view text, const value::Value& wanted);

}  // namespace expq::params
