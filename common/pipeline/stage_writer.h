// A stage written into a dvc.yaml, as `dvc stage add` writes it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/pipeline/pipeline.h"
#include "common/value/value.h"

namespace expq::pipeline {

// A stage as typed; paths relative to `wdir`, that to the dvc.yaml.
struct StageDraft {
  std::string name;
  std::string desc;
  std::string command;
  std::string wdir;  // "" = the dvc.yaml's folder
  std::vector<std::string> deps;
  std::vector<std::string> params;  // "lr,train.units", "file:key,key", "file:" for all of it
  std::vector<Output> outs;         // path, kind, cache and persist
  bool always_changed = false;
};

// What stands below the stage's name: lists sorted, flags only where they are not DVC's defaults.
value::Map DefinitionOf(const StageDraft& draft);

// The text with the definition in it: after the last stage, or in place of the one of that name. Nothing else changes:
// comments, order and style of the rest stay. Of a stage that is replaced `desc`, `meta`, and what is said of outputs
// that stay (desc, type, labels, meta, remote) are kept, as by DVC. In braces it is written in braces. An empty text
// makes a new file. FailedPrecondition for a first stage that begins beside `stages:`; InvalidArgument where it does
// not parse.
absl::StatusOr<std::string> WithStage(absl::string_view text, absl::string_view file, const std::string& name,
                                      const value::Map& definition);

}  // namespace expq::pipeline
