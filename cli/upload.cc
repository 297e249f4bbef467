#include "cli/upload.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/dvc_config.h"
#include "cli/grid.h"
#include "cli/history_pack.h"
#include "cli/local_layout.h"
#include "cli/planned_files.h"
#include "cli/quantity.h"
#include "cli/remote_supply.h"
#include "common/blob/cache.h"
#include "common/git/tree_reader.h"
#include "common/pipeline/executor.h"
#include "common/pipeline/pipeline.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

using experiment::CommitId;

// How many ancestors of HEAD the scheduler is asked about: one that it has makes the pack thin.
constexpr int kAskAbout = 256;
constexpr int64_t kPiece = 1 << 20;

std::vector<CommitId> RecentCommits(const git::Repository& repository, const CommitId& head) {
  std::vector<CommitId> recent;
  CommitId at = head;
  while (static_cast<int>(recent.size()) < kAskAbout) {
    recent.push_back(at);
    const auto info = repository.Commit(at);
    if (!info.ok() || info->parents.empty()) break;
    at = info->parents[0];
  }
  return recent;
}

// A pack is spooled to a file: it can be larger than memory, and the two ends take and give at their own pace.
class Spool {
 public:
  static absl::StatusOr<Spool> Make(const Context& context, const Place& place) {
    const LocalLayout layout(place.repository->common_dir());
    RETURN_IF_ERROR(context.fs.MakeDirs(layout.Temporary()));
    return Spool(context.fs, fs::Join(layout.Temporary(), absl::StrCat("pack-", random::HexId(context.random, 16))));
  }
  ~Spool() {
    if (!path_.empty()) fs_->Remove(path_).IgnoreError();
  }
  Spool(Spool&& other) noexcept : fs_(other.fs_), path_(std::exchange(other.path_, "")) {}
  Spool& operator=(Spool&&) = delete;

  const std::string& path() const { return path_; }
  experiment::ByteSink Sink() {
    return [this](absl::string_view piece) { return fs_->Append(path_, piece); };
  }
  experiment::ByteSource Source() {
    return [this, offset = int64_t{0}]() mutable -> absl::StatusOr<std::string> {
      ASSIGN_OR_RETURN(std::string piece, fs_->ReadAt(path_, offset, kPiece));
      offset += static_cast<int64_t>(piece.size());
      return piece;
    };
  }

 private:
  Spool(fs::Filesystem& fs, std::string path) : fs_(&fs), path_(std::move(path)) {}

  fs::Filesystem* fs_;
  std::string path_;
};

// What the spool gives, with a live line of how much of it has gone.
experiment::ByteSource ShowingProgress(const Context& context, Spool& spool) {
  const auto info = context.fs.Stat(spool.path());
  const std::string total = info.ok() ? ShortSize(info->size) : "";
  return [&context, total, source = spool.Source(), sent = int64_t{0}]() mutable -> absl::StatusOr<std::string> {
    ASSIGN_OR_RETURN(std::string piece, source());
    if (sent > 0) context.terminal.Live(absl::StrCat("sent ", ShortSize(sent), " of ", total, "\n"));
    sent += static_cast<int64_t>(piece.size());
    return piece;
  };
}

// Into this repository's cache; what the remote lacks too stays missing.
absl::Status PullMissing(const Context& context, const Place& place, const std::vector<digest::Digest>& wanted,
                         blob::Cache& cache) {
  std::vector<digest::Digest> missing;
  for (const digest::Digest& digest : wanted) {
    if (!cache.HasAll(digest)) missing.push_back(digest);
  }
  if (missing.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto supply, SupplyOf(context, place.dvc_root, cache, sync::StopToken()));
  const absl::Status fetched = supply->Fetch(missing);
  return absl::IsNotFound(fetched) ? absl::OkStatus() : fetched;
}

// With files from the repository's root.
absl::StatusOr<std::vector<params::ParamOverride>> OverridesOf(const experiment::Experiment& e) {
  std::vector<params::ParamOverride> out;
  for (const std::string& text : e.overrides) {
    ASSIGN_OR_RETURN(params::ParamOverride override, params::ParseOverride(text));
    override.file = fs::Normalize(fs::Join(e.options.subdir, override.file));
    out.push_back(std::move(override));
  }
  return out;
}

// Of all pipelines that the experiments have.
absl::StatusOr<std::vector<digest::Digest>> WantedBlobs(const Context& context, const Place& place,
                                                        const CommitId& commit,
                                                        const std::vector<experiment::Experiment>& experiments,
                                                        const pipeline::ExecuteOptions& selection) {
  // As the snapshot has it: what it records of changed data the workspace's own files do not.
  ASSIGN_OR_RETURN(const git::TreeReader tree, git::TreeReader::Open(*place.repository, commit));
  const std::string root = fs::Normalize(fs::Join(git::TreeReader::kRoot, place.TreePath("")));
  std::vector<std::vector<params::ParamOverride>> points;
  for (const experiment::Experiment& e : experiments) {
    ASSIGN_OR_RETURN(points.emplace_back(), OverridesOf(e));
  }
  std::set<digest::Digest> all;
  const auto add = [&](size_t point) -> absl::StatusOr<std::set<std::string>> {
    const PlannedFiles planned(tree, git::TreeReader::kRoot, points[point], VariablesOf(context.environment));
    ASSIGN_OR_RETURN(const pipeline::Pipeline pipeline, pipeline::Load(planned.reader(), root));
    ASSIGN_OR_RETURN(const std::vector<digest::Digest> wanted,
                     pipeline::WantedBlobs(planned.reader(), root, pipeline, selection));
    all.insert(wanted.begin(), wanted.end());
    return pipeline.variables;
  };
  ASSIGN_OR_RETURN(const std::set<std::string> variables, add(0));
  for (const size_t point : PointsWithOwnPipeline(points, variables)) {
    if (point > 0) RETURN_IF_ERROR(add(point).status());
  }
  return std::vector<digest::Digest>(all.begin(), all.end());
}

}  // namespace

absl::Status UploadSnapshot(const Context& context, Connection& connection, const CommitId& commit,
                            const CommitId& head) {
  if (connection.house->local() != nullptr) return absl::OkStatus();
  experiment::SnapshotStore& store = connection.house->snapshots();
  const git::Repository& repository = *connection.place->repository;
  const std::vector<CommitId> recent = RecentCommits(repository, head);
  ASSIGN_OR_RETURN(const std::vector<CommitId> missing, store.Missing(connection.project, recent));
  std::vector<CommitId> haves;
  for (const CommitId& id : recent) {
    if (std::find(missing.begin(), missing.end(), id) == missing.end()) haves.push_back(id);
  }
  ASSIGN_OR_RETURN(Spool spool, Spool::Make(context, *connection.place));
  if (haves.empty()) {
    RETURN_IF_ERROR(PackHistory(context, repository, commit, spool.path()));
  } else {
    RETURN_IF_ERROR(repository.WritePack({commit}, haves, spool.Sink()));
  }
  absl::Status sent = store.PutPack(connection.project, {commit}, ShowingProgress(context, spool));
  context.terminal.Live("");
  return sent;
}

absl::Status UploadData(const Context& context, Connection& connection, const CommitId& commit,
                        const std::vector<experiment::Experiment>& experiments,
                        const pipeline::ExecuteOptions& selection) {
  if (connection.house->local() != nullptr) return absl::OkStatus();
  const Place& place = *connection.place;
  ASSIGN_OR_RETURN(const std::vector<digest::Digest> wanted,
                   WantedBlobs(context, place, commit, experiments, selection));
  const LocalLayout layout(place.repository->common_dir());
  ASSIGN_OR_RETURN(const CacheSettings settings,
                   ReadCacheSettings(context.fs, context.environment, place.dvc_root, layout.Cache()));
  blob::HashIndex index(context.fs, "");
  blob::Cache cache(context.fs, settings.dir, index);
  // What this cache lacks the scheduler may have, or a stage will make again.
  if (selection.pull) RETURN_IF_ERROR(PullMissing(context, place, wanted, cache));
  std::vector<digest::Digest> here;
  for (const digest::Digest& digest : wanted) {
    if (cache.HasAll(digest)) here.push_back(digest);
  }
  ASSIGN_OR_RETURN(const int64_t sent, blob::Transfer(connection.project, here, cache, connection.house->blobs()));
  if (sent > 0) context.terminal.Talk(absl::StrCat("sent ", ShortSize(sent), " of data"));
  return absl::OkStatus();
}

}  // namespace expq::cli
