// What running or checking stages in the user's own workspace needs: its cache and its pipeline.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/dvc_config.h"
#include "cli/local_layout.h"
#include "cli/place.h"
#include "common/blob/cache.h"
#include "common/pipeline/pipeline.h"

namespace expq::cli {

struct Workshop {
  Place place;
  LocalLayout layout;
  CacheSettings settings;
  std::unique_ptr<blob::HashIndex> hashes;
  std::unique_ptr<blob::Cache> cache;
  pipeline::Pipeline pipeline;
  bool autostage = false;  // core.autostage: git add what we write
};

// NotFound when there is no repository, or no dvc.yaml where one is needed; InvalidArgument for what Load refuses.
// Warnings of the pipeline go to stderr.
absl::StatusOr<Workshop> OpenWorkshop(const Context& context, const std::vector<std::string>& targets, bool everywhere);

}  // namespace expq::cli
