// What an override's value can be, and Hydra's functions over it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/params.h"

namespace expq::params {

// A value, or a sweep over values.
struct Element {
  value::Value value;
  bool is_sweep = false;
  std::vector<value::Value> choices;  // of a sweep
};

// `name=element` or `element` between a function's parentheses.
struct Argument {
  std::string name;
  Element element;
};

// Hydra's name of a function that exists, supported here or not.
bool IsFunction(absl::string_view name);

// choice, range, sort, tag, int, float, str, bool. The error is a reason without place; interval, glob and shuffle are
// refused.
absl::StatusOr<Element> CallFunction(absl::string_view name, std::vector<Argument> arguments);

// An unquoted text without escapes and interpolations: int, float, bool, null or string.
value::Value TypedText(absl::string_view text);

// The text that ParseOverride reads back as exactly this value.
std::string ValueText(const value::Value& value);

// "conf/x.yaml:+a.b=1e-05"; the file is left out where it is params.yaml.
std::string OverrideText(const ParamOverride& override);

}  // namespace expq::params
