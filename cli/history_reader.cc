#include "cli/history_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/git/tree_reader.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class CommitCollector {
 public:
  explicit CommitCollector(const git::Repository& repository) : repository_(repository) {}

  void Add(const git::CommitId& id) {
    if (seen_.insert(id.value).second) found_.push_back(id);
  }

  absl::Status AddRefs(const std::string& prefix) {
    ASSIGN_OR_RETURN(const auto refs, repository_.Refs(prefix));
    for (const auto& [ref, id] : refs) Add(id);
    return absl::OkStatus();
  }

  absl::Status AddFirstParents(const std::string& rev, int num) {
    ASSIGN_OR_RETURN(git::CommitId id, repository_.Resolve(rev));
    for (int left = num; left > 0; --left) {
      Add(id);
      ASSIGN_OR_RETURN(const git::CommitInfo info, repository_.Commit(id));
      if (info.parents.empty()) break;
      id = info.parents[0];
    }
    return absl::OkStatus();
  }

  // Everything that some ref leads to, from `since` on.
  absl::Status AddAll(int64_t since) {
    ASSIGN_OR_RETURN(const auto refs, repository_.Refs("refs/"));
    std::vector<git::CommitId> next;
    std::set<std::string> visited;
    const auto push = [&](const git::CommitId& id) {
      if (visited.insert(id.value).second) next.push_back(id);
    };
    if (const auto head = repository_.Head(); head.ok()) push(*head);
    for (const auto& [ref, id] : refs) {
      // Experiments and what the queue keeps are asked for by another name.
      if (!absl::StartsWith(ref, "refs/exps/") && !absl::StartsWith(ref, "refs/expq/")) push(id);
    }
    for (size_t i = 0; i < next.size(); ++i) {
      const git::CommitId id = next[i];
      const absl::StatusOr<git::CommitInfo> info = repository_.Commit(id);
      if (absl::IsNotFound(info.status())) continue;  // a shallow clone ends here
      RETURN_IF_ERROR(info.status());
      if (info->time >= since) Add(id);
      for (const git::CommitId& parent : info->parents) push(parent);
    }
    return absl::OkStatus();
  }

  std::vector<git::CommitId> Take() && { return std::move(found_); }

 private:
  const git::Repository& repository_;
  std::set<std::string> seen_;
  std::vector<git::CommitId> found_;
};

}  // namespace

absl::StatusOr<int64_t> SecondsOfDate(const std::string& date) {
  absl::Time day;
  std::string why;
  if (absl::ParseTime("%Y-%m-%d", date, absl::LocalTimeZone(), &day, &why)) return absl::ToUnixSeconds(day);
  return absl::InvalidArgumentError(absl::StrCat("--date ", date, ": expected YYYY-MM-DD"));
}

absl::StatusOr<std::vector<git::CommitId>> CommitsOf(const git::Repository& repository, const Revisions& revisions) {
  CommitCollector commits(repository);
  if (!revisions.rev.empty()) RETURN_IF_ERROR(commits.AddFirstParents(revisions.rev, revisions.num));
  if (revisions.all_commits) {
    RETURN_IF_ERROR(commits.AddAll(0));
  } else {
    if (revisions.all_branches) RETURN_IF_ERROR(commits.AddRefs("refs/heads/"));
    if (revisions.all_tags) RETURN_IF_ERROR(commits.AddRefs("refs/tags/"));
    if (revisions.since != 0) RETURN_IF_ERROR(commits.AddAll(revisions.since));
  }
  if (revisions.all_experiments) RETURN_IF_ERROR(commits.AddRefs("refs/exps/"));
  return std::move(commits).Take();
}

absl::Status ReadHistory(
    const DataSite& site, const std::vector<git::CommitId>& commits,
    const std::function<absl::Status(const git::CommitId&, const pipeline::Pipeline&, const fs::FileReader&,
                                     const std::string& root, const std::vector<pipeline::RecordedOut>&)>& take,
    const std::function<void(const git::CommitId&, const absl::Status&, std::vector<digest::Digest>)>& confused) {
  const std::string below = site.place().TreePath(".");
  for (const git::CommitId& commit : commits) {
    if (site.interrupts().Interrupted()) return absl::CancelledError("interrupted");
    ASSIGN_OR_RETURN(const git::TreeReader reader, git::TreeReader::Open(*site.place().repository, commit));
    const std::string root = fs::Normalize(fs::Join(git::TreeReader::kRoot, below));
    if (!reader.Exists(root)) continue;
    const absl::StatusOr<pipeline::Pipeline> pipeline = pipeline::Load(reader, root, &site.config().parsing);
    const auto outs = pipeline.ok() ? pipeline::RecordedOuts(reader, root, *pipeline)
                                    : absl::StatusOr<std::vector<pipeline::RecordedOut>>(pipeline.status());
    if (outs.ok()) {
      RETURN_IF_ERROR(take(commit, *pipeline, reader, root, *outs));
    } else {
      ASSIGN_OR_RETURN(std::vector<digest::Digest> named, pipeline::NamedDigests(reader, root));
      confused(commit, outs.status(), std::move(named));
    }
  }
  return absl::OkStatus();
}

}  // namespace expq::cli
