// The values of choices and ranges.
#include <algorithm>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/params/sweep.h"
#include "common/status/status.h"

namespace expq::params {
namespace {

using value::Value;

// A decimal number exactly: mantissa × 10^-scale. False when it does not fit.
bool ToDecimal(const Value& value, int64_t& mantissa, int& scale) {
  std::string text = value::PythonText(value);
  scale = 0;
  const size_t e = text.find('e');
  if (e != std::string::npos) {
    scale = -std::atoi(text.c_str() + e + 1);
    text.resize(e);
  }
  const size_t dot = text.find('.');
  if (dot != std::string::npos) {
    scale += static_cast<int>(text.size() - dot - 1);
    text.erase(dot, 1);
  }
  return absl::SimpleAtoi(text, &mantissa) && std::abs(scale) <= 18;
}

// Brings a mantissa from its scale to a larger one.
bool Rescale(int64_t& mantissa, int from, int to) {
  for (; from < to; ++from) {
    if (__builtin_mul_overflow(mantissa, int64_t{10}, &mantissa)) return false;
  }
  return true;
}

// Exact in decimals: range(0.1,0.5,0.1) has 0.3, not 0.30000000000000004. Half open.
absl::StatusOr<std::vector<Value>> RangeValues(const Element& range) {
  int64_t at = 0, stop = 0, step = 0;
  int scales[3];
  bool fits = ToDecimal(range.start, at, scales[0]) && ToDecimal(range.stop, stop, scales[1]) &&
              ToDecimal(range.step, step, scales[2]);
  const int scale = fits ? std::max({scales[0], scales[1], scales[2], 0}) : 0;
  fits = fits && Rescale(at, scales[0], scale) && Rescale(stop, scales[1], scale) && Rescale(step, scales[2], scale);
  if (!fits) return absl::InvalidArgumentError("range() needs finite numbers of at most 18 digits");
  if (step == 0) return absl::InvalidArgumentError("range() with step 0 never ends");
  const bool floats = range.start.is_float() || range.stop.is_float() || range.step.is_float();
  std::vector<Value> values;
  while (step > 0 ? at < stop : at > stop) {
    if (values.size() >= kMostGridPoints) {
      return absl::InvalidArgumentError(absl::StrCat("range() has more than ", kMostGridPoints, " values"));
    }
    // Through text, since at / 10^scale would round twice.
    values.push_back(floats ? Value(std::strtod(absl::StrCat(at, "e", -scale).c_str(), nullptr)) : Value(at));
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return values;
}

}  // namespace

absl::StatusOr<std::vector<Value>> Enumerate(const Element& element, random::Random& random) {
  std::vector<Value> values = element.choices;
  if (element.kind == Element::Kind::kRange) {
    ASSIGN_OR_RETURN(values, RangeValues(element));
  }
  if (values.empty()) return absl::InvalidArgumentError("the sweep has no values");
  for (size_t i = values.size(); element.shuffled && i > 1; --i) std::swap(values[i - 1], values[random.Below(i)]);
  return values;
}

}  // namespace expq::params
