// What commands about data work with: the repository, DVC's configuration, the cache, and what is recorded.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/interrupts.h"
#include "cli/local_layout.h"
#include "cli/place.h"
#include "common/blob/cache.h"
#include "common/config/config.h"
#include "common/dvclock/repository_lock.h"
#include "common/pipeline/pipeline.h"
#include "common/pipeline/recorded.h"

namespace expq::cli {

class DataSite {
 public:
  enum class Access { kRead, kWrite };  // of the workspace, .dvc files and dvc.lock: only then DVC's lock is taken

  // FailedPrecondition names another process that has the repository; the rest is as FindPlace and pipeline::Load have
  // it. Ctrl-C stops the cache's work from now on. The context outlives the site.
  static absl::StatusOr<std::unique_ptr<DataSite>> Open(const Context& context, Access access);

  const Place& place() const { return place_; }
  const std::string& root() const { return place_.dvc_root; }
  const config::Config& config() const { return config_; }
  const LocalLayout& layout() const { return layout_; }
  const Interrupts& interrupts() const { return interrupts_; }
  blob::Cache& cache() { return cache_; }
  const pipeline::Pipeline& pipeline() const { return pipeline_; }
  const std::vector<pipeline::RecordedOut>& outs() const { return outs_; }

  std::string PathOf(const std::string& root_path) const { return fs::Join(root(), root_path); }
  // As a person here would type it; a folder's ends with "/".
  std::string Shown(const std::string& root_path) const;
  // What was typed, relative to the root; absolute when it leads outside.
  std::string RootPathOf(const std::string& typed) const;
  // Keeps what was learnt about files; Cancelled when the user wanted to stop.
  absl::Status Close();

 private:
  DataSite(const Context& context, Place place, config::Config config);

  fs::Filesystem& fs_;
  const std::string cwd_;
  const Place place_;
  const LocalLayout layout_;
  const config::Config config_;
  Interrupts interrupts_;
  blob::HashIndex hashes_;
  blob::Cache cache_;
  std::unique_ptr<dvclock::RepositoryLock> lock_;
  pipeline::Pipeline pipeline_;
  std::vector<pipeline::RecordedOut> outs_;
};

}  // namespace expq::cli
