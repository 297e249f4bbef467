// OmegaConf's ${…} in strings.
//
//   ${a.b[0].c}  ${.sibling}  ${..of_the_parent}     the value of another key, typed when it is the whole string
//   ${oc.env:NAME}  ${oc.env:NAME,default}           a variable, as text
//   ${oc.select:key,default}  ${oc.decode:text}
//   \${…}                                            the text itself
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/params.h"

namespace expq::params {

// Whether a string in the value holds an interpolation that means something.
bool HasInterpolation(const value::Value& value);

// Every string of the value with its interpolations replaced, seen from the place `path` of `root`. InvalidArgument for
// keys and variables that are not there, for circles and for what is not supported, naming it.
absl::StatusOr<value::Value> Interpolated(const value::Value& value, const std::vector<std::string>& path,
                                          const value::Value& root, const Environment& environment);

// The text that Interpolated reads back as this one.
std::string EscapeInterpolations(absl::string_view text);

}  // namespace expq::params
