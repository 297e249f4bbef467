// What the stages of one call share.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/pipeline/content_book.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/gitignore.h"
#include "common/pipeline/lock_book.h"
#include "common/pipeline/params_book.h"
#include "common/pipeline/pipeline.h"
#include "common/pipeline/run_cache.h"
#include "common/pipeline/staleness.h"

namespace expq::pipeline {

// A look at one stage's place in the workspace.
struct View {
  std::optional<LockEntry> locked;
  Observation seen;
  std::vector<ContentPtr> deps;  // parallel to the stage's; null = missing
  std::vector<Reason> reasons;
};

// Thread-safe; everything handed in outlives it.
class Session {
 public:
  // `stages`: those of the call, in its order. `lock_book` covers the stages that will be asked about.
  Session(const Tools& tools, std::string root, const Pipeline& pipeline, Graph graph, const ExecuteOptions& options,
          const std::vector<int>& stages, std::unique_ptr<LockBook> lock_book);

  const Tools tools;
  const std::string root;
  const Pipeline& pipeline;
  const Graph graph;
  const ExecuteOptions& options;
  const std::unique_ptr<LockBook> locks;
  ParamsBook params;
  ContentBook contents;
  RunCache run_cache;

  std::string PathOf(const std::string& root_path) const { return fs::Join(root, root_path); }

  // Hashes what the stage reads and wrote; reads only.
  absl::StatusOr<View> Look(const Stage& stage);

  // Keeps an output out of git, where it is cached. The lines stand in the order of the call's stages, whichever ends
  // first: results that differ in nothing else must not differ in that.
  absl::Status IgnoreOutput(const Stage& stage, const Output& out);
  const GitIgnoreBook& ignored() const { return ignored_; }

  // What the other stage or `.dvc` file that makes a dependency, or the output around it, has recorded.
  struct Made {
    std::string path;  // of that output, root-relative
    std::optional<Fingerprint> content;
  };
  std::optional<Made> MadeFor(const Stage& stage, const Dependency& dep) const;

  // What is wrong with it besides data that is not here: gone outputs, and gone dependencies that the stage which makes
  // them has not made anew since. In DVC's way also a stage that never ran, when there is nothing of it at all.
  std::vector<Reason> BesidesMissing(const Stage& stage, const View& view) const;

 private:
  // What DVC 2 would have recorded of it is what is recorded.
  bool IsAlike(const LockedPath* locked, const ContentPtr& content, const std::string& root_path) const;
  bool IsInCache(const LockedPath* locked) const;
  bool MadeAnew(const Stage& stage, const Dependency& dep, const View& view) const;
  int IndexOf(const Stage& stage) const { return static_cast<int>(&stage - pipeline.stages.data()); }

  std::vector<size_t> ranks_;  // by index of the pipeline; constant after construction
  GitIgnoreBook ignored_;
};

std::optional<Fingerprint> FingerprintOf(const ContentPtr& content);

// "stage 'train': …"
absl::Status AtStage(const Stage& stage, const absl::Status& status);

// The stages of a call with what they share: where every call begins.
struct Selection {
  std::vector<int> stages;
  std::unique_ptr<Session> session;
};
absl::StatusOr<Selection> OpenSelection(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                                        const ExecuteOptions& options);

}  // namespace expq::pipeline
