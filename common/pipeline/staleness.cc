#include "common/pipeline/staleness.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace expq::pipeline {
namespace {

using Kind = Reason::Kind;

// Nobody writes so many blanks that more readings change more.
constexpr int kMostReadings = 3;

class Comparison {
 public:
  Comparison(const Stage& stage, const LockEntry& locked, const Observation& seen)
      : stage_(stage), locked_(locked), seen_(seen) {}

  std::vector<Reason> Reasons() && {
    if (!value::Identical(locked_.cmd, stage_.cmd) &&
        !IsReadBack([](const LockEntry& entry) { return &entry.cmd; }, locked_.cmd)) {
      Add(Kind::kCommandChanged, "");
    }
    if (!stage_.frozen) {
      CompareDeps();
      for (const ParamValues& params : seen_.params) CompareParams(params);
      if (stage_.always_changed || IsCallback(stage_)) Add(Kind::kAlwaysChanged, "");
    }
    CompareOuts();
    return std::move(reasons_);
  }

 private:
  void Add(Kind kind, std::string what) { reasons_.push_back({.kind = kind, .what = std::move(what)}); }

  // Whether the lock holds what is left of our value when it is written, and read and written again for the stages
  // behind it: a text may lose blanks each time.
  bool IsReadBack(const std::function<const value::Value*(const LockEntry&)>& of, const value::Value& locked) {
    LockEntry entry = InputsOf(stage_, seen_);
    for (int readings = 0; readings < kMostReadings; ++readings) {
      entry = AsReadBack(stage_.name, entry);
      const value::Value* value = of(entry);
      if (value != nullptr && value::PythonEqual(locked, *value)) return true;
    }
    return false;
  }

  void CompareDeps() {
    for (size_t i = 0; i < stage_.deps.size(); ++i) {
      const Dependency& dep = stage_.deps[i];
      const LockedPath* locked = locked_.FindDep(dep.path);
      if (!seen_.deps[i].has_value()) {
        Add(Kind::kDepDeleted, dep.root_path);
      } else if (locked == nullptr || !locked->content.has_value()) {
        Add(Kind::kDepNew, dep.root_path);
      } else if (locked->content->digest != seen_.deps[i]->digest && !seen_.alike.contains(dep.root_path)) {
        Add(Kind::kDepModified, dep.root_path);
      }
    }
  }

  void CompareParams(const ParamValues& now) {
    const value::Map* locked = locked_.FindParams(now.path);
    const auto read_back = [&now](const std::string& key) {
      return [&](const LockEntry& entry) {
        const value::Map* params = entry.FindParams(now.path);
        return params == nullptr ? nullptr : params->Find(key);
      };
    };
    const auto name = [&](const std::string& key) { return absl::StrCat(now.path, ":", key); };
    for (const std::string& key : now.missing) {
      Add(Kind::kParamDeleted, now.whole_file ? now.path : name(key));
    }
    for (const auto& [key, value] : now.values) {
      const value::Value* before = locked == nullptr ? nullptr : locked->Find(key);
      if (before == nullptr) {
        Add(Kind::kParamNew, name(key));
      } else if (!value::PythonEqual(*before, value) && !IsReadBack(read_back(key), *before)) {
        Add(Kind::kParamModified, name(key));
      }
    }
    if (now.whole_file && locked != nullptr && now.missing.empty()) {
      for (const auto& [key, before] : *locked) {
        if (now.values.Find(key) == nullptr) Add(Kind::kParamDeleted, name(key));
      }
    }
  }

  void CompareOuts() {
    for (size_t i = 0; i < stage_.outs.size(); ++i) {
      const Output& out = stage_.outs[i];
      const OutputState& now = seen_.outs[i];
      const LockedPath* locked = locked_.FindOut(out.path);
      const bool recorded = locked != nullptr && locked->content.has_value();
      if (recorded && out.cache && !now.in_cache) {
        Add(Kind::kOutNotInCache, out.root_path);
      } else if (!now.content.has_value()) {
        Add(Kind::kOutMissing, out.root_path);
      } else if (!recorded ||
                 (locked->content->digest != now.content->digest && !seen_.alike.contains(out.root_path))) {
        Add(Kind::kOutModified, out.root_path);
      }
    }
  }

  const Stage& stage_;
  const LockEntry& locked_;
  const Observation& seen_;
  std::vector<Reason> reasons_;
};

std::string Described(absl::string_view noun, const std::string& what, absl::string_view how) {
  return absl::StrCat(noun, " ", what, " ", how);
}

}  // namespace

std::string Reason::Text() const {
  switch (kind) {
    case Kind::kNotLocked:
      return "not run yet";
    case Kind::kCommandChanged:
      return "command changed";
    case Kind::kDepNew:
      return Described("dependency", what, "new");
    case Kind::kDepModified:
      return Described("dependency", what, "modified");
    case Kind::kDepDeleted:
      return Described("dependency", what, "missing");
    case Kind::kParamNew:
      return Described("parameter", what, "new");
    case Kind::kParamModified:
      return Described("parameter", what, "modified");
    case Kind::kParamDeleted:
      return Described("parameter", what, "missing");
    case Kind::kOutMissing:
      return Described("output", what, "missing");
    case Kind::kOutModified:
      return Described("output", what, "modified");
    case Kind::kOutNotInCache:
      return Described("output", what, "not in cache");
    case Kind::kAlwaysChanged:
      return "always runs";
    case Kind::kForced:
      return "forced";
    case Kind::kUpstreamRan:
      return absl::StrCat("upstream stage '", what, "' runs");
    case Kind::kRefused:
      return what;
  }
  return "";
}

bool IsComplete(const Observation& seen) {
  return std::all_of(seen.deps.begin(), seen.deps.end(), [](const auto& dep) { return dep.has_value(); }) &&
         std::all_of(seen.params.begin(), seen.params.end(),
                     [](const ParamValues& params) { return params.missing.empty(); });
}

LockEntry InputsOf(const Stage& stage, const Observation& seen) {
  LockEntry entry{.cmd = stage.cmd};
  for (size_t i = 0; i < stage.deps.size(); ++i) {
    entry.deps.push_back({.path = stage.deps[i].path, .content = seen.deps[i]});
  }
  for (const ParamValues& params : seen.params) {
    entry.params.push_back({.path = params.path, .values = params.values, .anchors = params.anchors});
  }
  for (const Output& out : stage.outs) entry.outs.push_back({.path = out.path});
  entry.Sort();
  return entry;
}

bool IsCallback(const Stage& stage) { return stage.deps.empty() && stage.params.empty() && stage.outs.empty(); }

std::vector<Reason> Staleness(const Stage& stage, const LockEntry* locked, const Observation& seen) {
  // A frozen stage that makes nothing has nothing that could be wrong.
  if (locked == nullptr && stage.frozen && stage.outs.empty()) return {};
  if (locked == nullptr) return {{.kind = Kind::kNotLocked}};
  return Comparison(stage, *locked, seen).Reasons();
}

bool OnlyOutputsDiffer(const std::vector<Reason>& reasons) {
  for (const Reason& reason : reasons) {
    switch (reason.kind) {
      case Kind::kOutMissing:
      case Kind::kOutModified:
      case Kind::kOutNotInCache:
        break;
      case Kind::kNotLocked:
      case Kind::kCommandChanged:
      case Kind::kDepNew:
      case Kind::kDepModified:
      case Kind::kDepDeleted:
      case Kind::kParamNew:
      case Kind::kParamModified:
      case Kind::kParamDeleted:
      case Kind::kAlwaysChanged:
      case Kind::kForced:
      case Kind::kUpstreamRan:
      case Kind::kRefused:
        return false;
    }
  }
  return true;
}

}  // namespace expq::pipeline
