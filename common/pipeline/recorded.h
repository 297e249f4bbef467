// What dvc.lock and `.dvc` files say of every output: the data that add, checkout, push, pull and gc are about.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/lock.h"
#include "common/pipeline/pipeline.h"

namespace expq::pipeline {

// An output of a stage or of a data source; the other index is -1.
struct RecordedOut {
  std::string path;   // root-relative
  std::string owner;  // "data/x.csv.dvc", or the stage's address
  int stage = -1;
  int source = -1;
  OutputKind kind = OutputKind::kOut;
  std::optional<Fingerprint> content;  // none = never recorded
  bool cache = true;
  bool push = true;
  std::string remote;  // "" = any
};

// Every output of the pipeline, stages first, in the pipeline's order. InvalidArgument for a dvc.lock that does not
// parse.
absl::StatusOr<std::vector<RecordedOut>> RecordedOuts(const fs::FileReader& fs, const std::string& root,
                                                      const Pipeline& pipeline);

// By path as seen from the root, what the stages depend on besides params; the digest is "" where none is recorded.
using RecordedDeps = std::map<std::string, std::string>;

// As `locks` (by their own paths: LockPath) say. What several stages depend on is as the last of them found it: DVC's
// tables take that one. `root` is where the workspace is, for paths that lead out of it.
RecordedDeps DepsRecordedIn(const std::map<std::string, Lock>& locks, const std::string& root,
                            const Pipeline& pipeline);

// Every digest that some dvc.lock or `.dvc` file below `root` names as an output, whether or not the files mean
// something as a whole: what must be kept when they cannot be understood.
absl::StatusOr<std::vector<digest::Digest>> NamedDigests(const fs::FileReader& fs, const std::string& root);

}  // namespace expq::pipeline
