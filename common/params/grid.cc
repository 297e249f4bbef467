#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/params/sweep.h"

namespace expq::params {
namespace {

bool IsSame(const ParamOverride& a, const ParamOverride& b) {
  return a.op == b.op && a.key == b.key && a.package == b.package;
}

// Files in order of first appearance, keys in order given. In a sweep the last one of a key and sign counts, at the
// place of the first.
std::vector<ParamOverride> Settled(const std::vector<ParamOverride>& overrides, bool sweeps) {
  std::vector<std::string> files;
  for (const ParamOverride& o : overrides) {
    if (std::find(files.begin(), files.end(), o.file) == files.end()) files.push_back(o.file);
  }
  std::vector<ParamOverride> settled;
  for (const std::string& file : files) {
    const auto begin = static_cast<std::ptrdiff_t>(settled.size());
    for (const ParamOverride& o : overrides) {
      if (o.file != file) continue;
      const auto same = std::find_if(settled.begin() + begin, settled.end(),
                                     [&](const ParamOverride& earlier) { return sweeps && IsSame(earlier, o); });
      if (same == settled.end()) {
        settled.push_back(o);
      } else {
        *same = o;
      }
    }
  }
  return settled;
}

// One key's values with their texts, made once and copied into every point.
struct Axis {
  std::vector<ParamOverride> overrides;
  std::vector<std::string> texts;
};

Axis AxisOf(const ParamOverride& override, bool sweeps) {
  Axis axis;
  std::vector<value::Value> choices = override.choices;
  if (choices.empty()) choices.push_back(sweeps ? override.beside_sweep.value_or(override.value) : override.value);
  ParamOverride one = override;
  one.choices.clear();
  one.beside_sweep.reset();
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
  const bool sweeps =
      std::any_of(overrides.begin(), overrides.end(), [](const ParamOverride& o) { return o.choices.size() > 1; });
  for (const ParamOverride& override : Settled(overrides, sweeps)) {
    axes.push_back(AxisOf(override, sweeps));
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
