// Whether a stage must run, and why: pure comparison of what dvc.lock says with what the workspace holds.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/pipeline/executor.h"
#include "common/pipeline/lock.h"
#include "common/pipeline/pipeline.h"
#include "common/value/value.h"

namespace expq::pipeline {

// The params of one file that a stage depends on, as they are now.
struct ParamValues {
  std::string path;                            // as written in dvc.yaml
  std::map<std::string, std::string> anchors;  // of values that the file holds once: anchors.h
  value::Map values;                           // by key as written in dvc.yaml; of a whole file: its top-level keys
  std::vector<std::string> missing;  // keys that the file lacks; the path itself when a whole file is not there
  bool whole_file = false;
};

struct OutputState {
  std::optional<Fingerprint> content;  // none = missing
  bool in_cache = false;               // what the lock recorded is in the cache, whole
};

// What a look at the workspace found, parallel to the stage's lists.
struct Observation {
  std::vector<std::optional<Fingerprint>> deps;  // none = missing
  std::vector<ParamValues> params;
  std::vector<OutputState> outs;
  std::set<std::string> alike;  // root paths that differ from what DVC 2 recorded of them only in its way of hashing
};

// Everything that the stage reads is there.
bool IsComplete(const Observation& seen);

// What the stage reads, with its outputs' paths: its entry but for their content.
LockEntry InputsOf(const Stage& stage, const Observation& seen);

// Empty = up to date. `locked` is null when the stage has no entry. In DVC's order: command, dependencies (not of a
// frozen stage), params, always changed, outputs.
std::vector<Reason> Staleness(const Stage& stage, const LockEntry* locked, const Observation& seen);

// No inputs, no outputs: runs every time.
bool IsCallback(const Stage& stage);

// Only outputs differ from what the lock says, so that its own outputs are what a run would give.
bool OnlyOutputsDiffer(const std::vector<Reason>& reasons);

}  // namespace expq::pipeline
