// The books made from git's refs: what a crash left out of them, or all of them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/blob/blob_store.h"
#include "common/clock/clock.h"
#include "common/fs/filesystem.h"
#include "common/random/random.h"
#include "scheduler/scheduler.h"

namespace expq::recovery {

struct Project {
  experiment::ProjectName name;
  std::string repository;  // its folder
};

// Submissions of that project whose refs are there and whose rows are not. Only those made before `before`: a younger
// one may be on its way into the books. A ref that cannot be read is one of `skipped`.
absl::StatusOr<scheduler::Imported> ImportOrphans(scheduler::Scheduler& scheduler, const Project& project,
                                                  absl::Time before = absl::InfiniteFuture());

struct RebuildTools {
  fs::Filesystem& fs;
  clock::Clock& clock;
  random::Random& random;
  experiment::Records& records;
  blob::BlobStore& blobs;
};

struct Rebuilt {
  scheduler::Imported imported;  // of all projects
  std::string aside;             // where the old database is now, "" = there was none
};

// Makes `database` anew from the refs of `projects`. The old file, however damaged, is moved aside at the very end;
// until then, and after an error, it stays where it is. Nobody may serve it meanwhile.
absl::StatusOr<Rebuilt> Rebuild(const RebuildTools& tools, const std::string& database, const std::string& log_dir,
                                const std::vector<Project>& projects);

}  // namespace expq::recovery
