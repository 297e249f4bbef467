#include "common/pipeline/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pipeline/selection.h"
#include "common/status/status.h"

namespace expq::pipeline {

Session::Session(const Tools& tools, std::string root, const Pipeline& pipeline, const ExecuteOptions& options,
                 std::unique_ptr<LockBook> lock_book)
    : tools(tools),
      root(std::move(root)),
      pipeline(pipeline),
      options(options),
      locks(std::move(lock_book)),
      params(tools.fs, this->root),
      contents(tools.cache),
      ignored(tools.fs, this->root),
      run_cache(tools.fs, tools.cache) {}

std::optional<Fingerprint> FingerprintOf(const ContentPtr& content) {
  return content == nullptr ? std::nullopt : std::optional(FingerprintOf(*content));
}

absl::StatusOr<View> Session::Look(const Stage& stage) {
  View view{.locked = locks->Find(stage)};
  for (const Dependency& dep : stage.deps) {
    ASSIGN_OR_RETURN(ContentPtr content, contents.Look(PathOf(dep.root_path)));
    view.seen.deps.push_back(FingerprintOf(content));
    view.deps.push_back(std::move(content));
  }
  ASSIGN_OR_RETURN(view.seen.params, params.Values(stage));
  for (const Output& out : stage.outs) {
    OutputState state;
    ASSIGN_OR_RETURN(const ContentPtr content, contents.Look(PathOf(out.root_path)));
    state.content = FingerprintOf(content);
    const LockedPath* locked = view.locked.has_value() ? view.locked->FindOut(out.path) : nullptr;
    state.in_cache =
        out.cache && locked != nullptr && locked->content.has_value() && tools.cache.HasAll(locked->content->digest);
    view.seen.outs.push_back(std::move(state));
  }
  view.reasons = Staleness(stage, view.locked.has_value() ? &*view.locked : nullptr, view.seen);
  return view;
}

absl::Status AtStage(const Stage& stage, const absl::Status& status) {
  return status::Annotate(status, absl::StrCat("stage '", stage.Address(), "'"));
}

absl::StatusOr<Selection> OpenSelection(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                                        const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(Graph graph, Graph::Build(pipeline));
  ASSIGN_OR_RETURN(std::vector<int> stages, SelectStages(pipeline, graph, options));
  ASSIGN_OR_RETURN(std::unique_ptr<LockBook> locks, LockBook::Open(tools.fs, root, pipeline, stages));
  return Selection{.graph = std::move(graph),
                   .stages = std::move(stages),
                   .session = std::make_unique<Session>(tools, root, pipeline, options, std::move(locks))};
}

}  // namespace expq::pipeline
