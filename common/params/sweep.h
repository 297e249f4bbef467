// What an override's value can be, and Hydra's functions over it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/params/params.h"

namespace expq::params {

// While an override is read, a string that stood in quotes has a NUL in front, which no command line can hold:
// functions take their arguments' quotes off, and nothing else does.
value::Value Quote(absl::string_view text);
bool IsQuoted(const value::Value& value);
// Without the marks, in lists and maps too.
value::Value Unquote(const value::Value& value);
// The same, but what stood without quotes as DVC has it after it wrote a sweep's point as text: str(3) is 3 again, and
// so is choice('3').
value::Value Reread(const value::Value& value);

// A value, a choice among values, or a range of numbers.
struct Element {
  enum class Kind { kValue, kChoice, kRange };
  Kind kind = Kind::kValue;
  value::Value value;
  std::vector<value::Value> choices;
  bool simple = false;  // a choice that nobody called choice()
  value::Value start, stop, step;
  bool shuffled = false;

  bool is_sweep() const { return kind != Kind::kValue; }
};

struct NamedArgument {
  std::string name;
  Element element;
};

// What stands between a function's parentheses.
struct Arguments {
  std::vector<Element> positional;
  std::vector<NamedArgument> named;
};

// Hydra's name of a function that exists, supported here or not.
bool IsFunction(absl::string_view name);

// choice, range, sort, shuffle, tag, int, float, str, bool. The error is a reason without place; interval and glob are
// refused. `random` orders a shuffled list.
absl::StatusOr<Element> CallFunction(absl::string_view name, Arguments arguments, random::Random& random);

// Casts, over the items of lists and the values of dicts.
absl::StatusOr<value::Value> CastValue(absl::string_view type, const value::Value& value);

// The values of a sweep in order; InvalidArgument for none, for more than kMostGridPoints and for ranges without end.
absl::StatusOr<std::vector<value::Value>> Enumerate(const Element& element, random::Random& random);

// What an unquoted text means that is one word: int, float, bool, null; else a string.
value::Value TypedText(absl::string_view text);

// The text that ParseOverride reads back as exactly this value.
std::string ValueText(const value::Value& value);

}  // namespace expq::params
