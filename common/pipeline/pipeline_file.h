// One dvc.yaml: its top level, and the stages it defines.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/node.h"
#include "common/pipeline/pipeline.h"
#include "common/pipeline/scope.h"

namespace expq::pipeline {

// Where a dvc.yaml or .dvc file stands, and where what is odd but no error about it goes. Everything outlives it.
struct FileContext {
  const fs::FileReader& fs;
  const std::string& root;
  std::string file;  // relative to the root
  std::string dir;   // its folder, relative to the root; "." = root
  const config::ParsingSettings& parsing;
  std::vector<std::string>& warnings;
  std::map<std::string, value::Map>& values;  // of files of values that were read already, by path below the root
  const std::function<bool(const std::string& path, bool is_dir)>& ignored;  // by .dvcignore; see data_ignore.h

  void Warn(const Node& node, absl::string_view message) const;
};

// Appends what the file says. InvalidArgument with the place for everything that it must not say.
absl::Status LoadPipelineFile(const FileContext& context, Pipeline& pipeline);

// Appends the data sources of a .dvc file.
absl::Status LoadDataSources(const FileContext& context, Pipeline& pipeline);

// `body` as the stage `name`, templates filled in from `scope`.
absl::StatusOr<Stage> ParseStage(const FileContext& context, const Node& body, const std::string& name,
                                 const Scope& scope);

// Merges params.yaml beside the file (if there) and the entries of `vars` (may be null) into `scope`; paths are
// relative to `dir`.
absl::Status LoadDefaultParams(const FileContext& context, Scope& scope);
absl::Status LoadVars(const FileContext& context, const Node& vars, const std::string& dir, Scope& scope);

}  // namespace expq::pipeline
