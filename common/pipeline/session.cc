#include "common/pipeline/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pipeline/line_ends.h"
#include "common/pipeline/selection.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

bool NothingIsThere(const Stage& stage, const Observation& seen) {
  return !stage.always_changed && !IsCallback(stage) && stage.params.empty() &&
         std::none_of(seen.deps.begin(), seen.deps.end(), [](const auto& dep) { return dep.has_value(); }) &&
         std::none_of(seen.outs.begin(), seen.outs.end(), [](const auto& out) { return out.content.has_value(); });
}

}  // namespace

Session::Session(const Tools& tools, std::string root, const Pipeline& pipeline, Graph graph,
                 const ExecuteOptions& options, const std::vector<int>& stages, std::unique_ptr<LockBook> lock_book)
    : tools(tools),
      root(std::move(root)),
      pipeline(pipeline),
      graph(std::move(graph)),
      options(options),
      locks(std::move(lock_book)),
      params(tools.fs, this->root),
      contents(tools.cache),
      run_cache(tools.fs, tools.cache),
      ranks_(pipeline.stages.size(), stages.size()),
      ignored_(tools.fs, this->root) {
  for (size_t i = 0; i < stages.size(); ++i) ranks_[stages[i]] = i;
}

absl::Status Session::IgnoreOutput(const Stage& stage, const Output& out) {
  return out.cache ? ignored_.Ignore(out.root_path, ranks_[IndexOf(stage)]) : absl::OkStatus();
}

std::optional<Fingerprint> FingerprintOf(const ContentPtr& content) {
  return content == nullptr ? std::nullopt : std::optional(FingerprintOf(*content));
}

bool Session::IsAlike(const LockedPath* locked, const ContentPtr& content, const std::string& root_path) const {
  if (locked == nullptr || !locked->content.has_value() || !locked->content->is_old || content == nullptr) return false;
  if (locked->content->digest == content->digest) return false;  // no difference to explain
  const auto digest = DigestOfDvc2(tools.fs, PathOf(root_path), *content);
  return digest.ok() && *digest == locked->content->digest;
}

// DVC 2 had its objects in folders of their own, which DVC 3 still looks into.
bool Session::IsInCache(const LockedPath* locked) const {
  if (locked == nullptr || !locked->content.has_value()) return false;
  const digest::Digest& digest = locked->content->digest;
  if (tools.cache.HasAll(digest)) return true;
  return locked->content->is_old &&
         tools.fs.Exists(
             fs::Join(tools.cache.root(), absl::StrCat(digest.text().substr(0, 2), "/", digest.text().substr(2))));
}

absl::StatusOr<View> Session::Look(const Stage& stage) {
  View view{.locked = locks->Find(stage)};
  for (const Dependency& dep : stage.deps) {
    ASSIGN_OR_RETURN(ContentPtr content, contents.Look(PathOf(dep.root_path)));
    const LockedPath* locked = view.locked.has_value() ? view.locked->FindDep(dep.path) : nullptr;
    if (IsAlike(locked, content, dep.root_path)) view.seen.alike.insert(dep.root_path);
    view.seen.deps.push_back(FingerprintOf(content));
    view.deps.push_back(std::move(content));
  }
  ASSIGN_OR_RETURN(view.seen.params, params.Values(stage));
  for (const Output& out : stage.outs) {
    OutputState state;
    ASSIGN_OR_RETURN(const ContentPtr content, contents.Look(PathOf(out.root_path)));
    const LockedPath* locked = view.locked.has_value() ? view.locked->FindOut(out.path) : nullptr;
    if (IsAlike(locked, content, out.root_path)) view.seen.alike.insert(out.root_path);
    state.content = FingerprintOf(content);
    state.in_cache = out.cache && IsInCache(locked);
    view.seen.outs.push_back(std::move(state));
  }
  view.reasons = Staleness(stage, view.locked.has_value() ? &*view.locked : nullptr, view.seen);
  return view;
}

std::optional<Session::Made> Session::MadeFor(const Stage& stage, const Dependency& dep) const {
  for (const int maker : graph.Upstream(IndexOf(stage))) {
    for (const Output& out : pipeline.stages[maker].outs) {
      if (!fs::IsWithin(dep.root_path, out.root_path)) continue;
      const std::optional<LockEntry> entry = locks->Find(pipeline.stages[maker]);
      const LockedPath* made = entry.has_value() ? entry->FindOut(out.path) : nullptr;
      return Made{.path = out.root_path, .content = made == nullptr ? std::nullopt : made->content};
    }
  }
  for (const DataSource& source : pipeline.sources) {
    if (!fs::IsWithin(dep.root_path, source.path)) continue;
    Made made{.path = source.path};
    if (source.digest.has_value()) {
      made.content = Fingerprint{.digest = *source.digest, .is_exec = source.is_exec, .is_old = source.is_old};
    }
    return made;
  }
  return std::nullopt;
}

bool Session::MadeAnew(const Stage& stage, const Dependency& dep, const View& view) const {
  if (options.OnlyTargets()) return false;
  const std::optional<Made> made = MadeFor(stage, dep);
  if (!made.has_value() || made->path != dep.root_path) return false;
  const LockedPath* recorded = view.locked.has_value() ? view.locked->FindDep(dep.path) : nullptr;
  const bool is_recorded = recorded != nullptr && recorded->content.has_value();
  if (made->content.has_value() != is_recorded) return true;
  return is_recorded && made->content->digest != recorded->content->digest;
}

std::vector<Reason> Session::BesidesMissing(const Stage& stage, const View& view) const {
  std::vector<Reason> reasons = view.reasons;
  std::erase_if(reasons, [&](const Reason& reason) {
    switch (reason.kind) {
      case Reason::Kind::kOutMissing:
      case Reason::Kind::kOutNotInCache:
        return true;
      case Reason::Kind::kDepDeleted:
        return std::none_of(stage.deps.begin(), stage.deps.end(), [&](const Dependency& dep) {
          return dep.root_path == reason.what && MadeAnew(stage, dep, view);
        });
      case Reason::Kind::kNotLocked:
        return NothingIsThere(stage, view.seen) &&
               std::none_of(stage.deps.begin(), stage.deps.end(),
                            [&](const Dependency& dep) { return MadeAnew(stage, dep, view); });
      case Reason::Kind::kCommandChanged:
      case Reason::Kind::kDepNew:
      case Reason::Kind::kDepModified:
      case Reason::Kind::kParamNew:
      case Reason::Kind::kParamModified:
      case Reason::Kind::kParamDeleted:
      case Reason::Kind::kOutModified:
      case Reason::Kind::kAlwaysChanged:
      case Reason::Kind::kForced:
      case Reason::Kind::kUpstreamRan:
      case Reason::Kind::kRefused:
        return false;
    }
    return false;
  });
  return reasons;
}

absl::Status AtStage(const Stage& stage, const absl::Status& status) {
  return status::Annotate(status, absl::StrCat("stage '", stage.Address(), "'"));
}

absl::StatusOr<Selection> OpenSelection(const Tools& tools, const std::string& root, const Pipeline& pipeline,
                                        const ExecuteOptions& options) {
  ASSIGN_OR_RETURN(Graph graph, Graph::Build(pipeline));
  ASSIGN_OR_RETURN(std::vector<int> stages, SelectStages(pipeline, graph, options));
  std::vector<int> known = stages;  // and those whose outputs they read
  for (const int stage : stages) known.insert(known.end(), graph.Upstream(stage).begin(), graph.Upstream(stage).end());
  ASSIGN_OR_RETURN(std::unique_ptr<LockBook> locks, LockBook::Open(tools.fs, root, pipeline, known));
  auto session = std::make_unique<Session>(tools, root, pipeline, std::move(graph), options, stages, std::move(locks));
  return Selection{.stages = std::move(stages), .session = std::move(session)};
}

}  // namespace expq::pipeline
