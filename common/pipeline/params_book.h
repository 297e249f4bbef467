// Params files, each read and parsed once as long as it does not change.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"
#include "common/pipeline/pipeline.h"
#include "common/pipeline/staleness.h"
#include "common/sync/sync.h"
#include "common/value/value.h"

namespace expq::pipeline {

// Thread-safe.
class ParamsBook {
 public:
  ParamsBook(const fs::FileReader& fs, std::string root) : fs_(fs), root_(std::move(root)) {}

  // What the stage's declared params are now, one item a file. An absent file only makes its keys missing.
  // InvalidArgument when a file does not parse, is not a map, or a key's wildcards match several values.
  absl::StatusOr<std::vector<ParamValues>> Values(const Stage& stage);

 private:
  struct Page {
    fs::FileInfo info;
    std::shared_ptr<const value::Value> root;  // kept by who reads while another thread sees a newer file
    std::string text;                          // of a file with anchors, else ""
  };
  // Its root is null when there is no such file.
  absl::StatusOr<Page> Read(const std::string& root_path);

  const fs::FileReader& fs_;
  const std::string root_;

  sync::Mutex mutex_;
  std::map<std::string, Page> pages_ ABSL_GUARDED_BY(mutex_);
};

// The value of a dotted key, in which "*", "?" and "[…]" match keys as DVC has it. Null when absent; InvalidArgument
// when several match.
absl::StatusOr<const value::Value*> FindParam(const value::Value& root, const std::string& key);

}  // namespace expq::pipeline
