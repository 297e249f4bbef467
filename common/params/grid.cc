#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/params/sweep.h"

namespace expq::params {
namespace {

using Op = ParamOverride::Op;

// What the later of two overrides of one key makes of the earlier; false when both must stay.
bool Supersede(ParamOverride& earlier, const ParamOverride& later) {
  const bool adds = earlier.op == Op::kAdd || earlier.op == Op::kForce;
  if (earlier.op == Op::kDelete || (adds && later.op == Op::kDelete)) return false;
  // A key that was added may be changed.
  const Op op = adds && later.op == Op::kChange ? earlier.op : later.op;
  earlier = later;
  earlier.op = op;
  return true;
}

// Files in order of first appearance, keys in order given, the last one of a key counts at the first one's place.
std::vector<ParamOverride> Settled(const std::vector<ParamOverride>& overrides) {
  std::vector<std::string> files;
  for (const ParamOverride& o : overrides) {
    if (std::find(files.begin(), files.end(), o.file) == files.end()) files.push_back(o.file);
  }
  std::vector<ParamOverride> settled;
  for (const std::string& file : files) {
    const size_t begin = settled.size();
    for (const ParamOverride& o : overrides) {
      if (o.file != file) continue;
      const auto same = std::find_if(
          settled.rbegin(), settled.rend() - static_cast<std::ptrdiff_t>(begin),
          [&](const ParamOverride& earlier) { return earlier.key == o.key && earlier.package == o.package; });
      const bool found = same != settled.rend() - static_cast<std::ptrdiff_t>(begin);
      if (!found || !Supersede(*same, o)) settled.push_back(o);
    }
  }
  return settled;
}

// One key's values with their texts, made once and copied into every point.
struct Axis {
  std::vector<ParamOverride> overrides;
  std::vector<std::string> texts;
};

Axis AxisOf(const ParamOverride& override) {
  Axis axis;
  std::vector<value::Value> choices = override.choices;
  if (choices.empty()) choices.push_back(override.value);
  ParamOverride one = override;
  one.choices.clear();
  for (value::Value& choice : choices) {
    one.value = std::move(choice);
    axis.overrides.push_back(one);
    axis.texts.push_back(OverrideText(one));
  }
  return axis;
}

}  // namespace

absl::StatusOr<std::vector<GridPoint>> ExpandGrid(const std::vector<ParamOverride>& overrides) {
  std::vector<Axis> axes;
  size_t size = 1;
  for (const ParamOverride& override : Settled(overrides)) {
    axes.push_back(AxisOf(override));
    size *= axes.back().texts.size();
    if (size > kMostGridPoints) {
      return absl::InvalidArgumentError(absl::StrCat("the grid has more than ", kMostGridPoints, " points"));
    }
  }
  std::vector<GridPoint> points(size);
  for (size_t i = 0; i < size; ++i) {
    size_t stride = size;
    for (const Axis& axis : axes) {
      stride /= axis.texts.size();
      const size_t choice = i / stride % axis.texts.size();
      points[i].overrides.push_back(axis.overrides[choice]);
      points[i].texts.push_back(axis.texts[choice]);
    }
  }
  return points;
}

}  // namespace expq::params
