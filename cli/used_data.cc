#include "cli/used_data.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class Collector {
 public:
  Collector(const Context& context, DataSite& site, UsedData& used) : context_(context), site_(site), used_(used) {}

  absl::Status Add(const std::vector<pipeline::RecordedOut>& outs) {
    for (const pipeline::RecordedOut& out : outs) {
      if (!out.cache || !out.content.has_value()) continue;
      used_.remotes.insert(out.remote);
      RETURN_IF_ERROR(AddDigest(out.content->digest, used_.all));
    }
    return absl::OkStatus();
  }

  absl::Status AddDigest(const digest::Digest& digest, std::set<digest::Digest>& to) {
    if (!to.insert(digest).second || !digest.is_dir()) return absl::OkStatus();
    const absl::StatusOr<std::vector<blob::ManifestEntry>> entries = site_.cache().ReadManifest(digest);
    if (absl::IsNotFound(entries.status())) {
      used_.unread[digest] |= &to == &used_.queue;
      return RefuseIfMovedAside(digest);
    }
    RETURN_IF_ERROR(entries.status());
    for (const blob::ManifestEntry& entry : *entries) to.insert(entry.digest);
    return absl::OkStatus();
  }

  absl::Status RefuseIfMovedAside(const digest::Digest& digest) const {
    if (!site_.cache().IsMovedAside(digest)) return absl::OkStatus();
    return status::WithHint(
        absl::FailedPreconditionError(absl::StrCat("object ", digest.text(),
                                                   " was damaged and moved aside: which objects are the files of that "
                                                   "folder is not known")),
        absl::StrCat("expq fetch or expq commit brings it again; to give its files up, remove ",
                     site_.cache().ObjectPath(digest), ".corrupt"));
  }

  absl::Status AddHistory(const std::vector<git::CommitId>& commits, bool skip_failed) {
    absl::Status failed;
    RETURN_IF_ERROR(ReadHistory(
        site_, commits,
        [&](const git::CommitId&, const pipeline::Pipeline&, const fs::FileReader&, const std::string&,
            const std::vector<pipeline::RecordedOut>& outs) { return Add(outs); },
        [&](const git::CommitId& commit, const absl::Status& why, const std::vector<digest::Digest>& named) {
          for (const digest::Digest& digest : named) failed.Update(AddDigest(digest, used_.all));
          const std::string what = absl::StrCat("commit ", commit.value.substr(0, 7), ": ", why.message());
          if (!skip_failed) failed.Update(absl::FailedPreconditionError(what));
          if (skip_failed) context_.terminal.Talk(absl::StrCat("warning: ", what));
        }));
    return failed.ok() ? failed : status::WithHint(failed, "--skip-failed keeps every object that such a commit names");
  }

  // Whatever their files name: an experiment may have been submitted with a pipeline that does not load.
  absl::Status AddExperiments() {
    for (const char* prefix : {"refs/expq/", "refs/exps/"}) {
      ASSIGN_OR_RETURN(const auto refs, site_.place().repository->Refs(prefix));
      std::vector<git::CommitId> commits;
      for (const auto& [ref, commit] : refs) commits.push_back(commit);
      RETURN_IF_ERROR(ReadHistory(
          site_, commits,
          [&](const git::CommitId&, const pipeline::Pipeline&, const fs::FileReader& reader, const std::string& root,
              const std::vector<pipeline::RecordedOut>&) { return AddNamed(reader, root); },
          [&](const git::CommitId&, const absl::Status&, const std::vector<digest::Digest>& named) {
            for (const digest::Digest& digest : named) AddDigest(digest, used_.queue).IgnoreError();
          }));
    }
    return absl::OkStatus();
  }

  // The attempts' own workspaces: what a failed one has stored is in no commit.
  absl::Status AddAttempts() {
    const std::string folder = site_.layout().AgentData();
    if (!context_.fs.Exists(folder)) return absl::OkStatus();
    return AddNamed(context_.fs, folder);
  }

  // A cache that lies elsewhere (cache.dir) may be that of the other worktrees too.
  absl::Status AddWorktrees() {
    const Place& place = site_.place();
    if (fs::IsWithin(site_.cache().root(), place.root)) return absl::OkStatus();
    for (const std::string& worktree : place.repository->Worktrees()) {
      if (worktree == place.root || !context_.fs.Exists(worktree)) continue;
      RETURN_IF_ERROR(AddNamed(context_.fs, worktree));
    }
    return absl::OkStatus();
  }

  void Finish() { used_.all.insert(used_.queue.begin(), used_.queue.end()); }

 private:
  absl::Status AddNamed(const fs::FileReader& reader, const std::string& root) {
    ASSIGN_OR_RETURN(const std::vector<digest::Digest> named, pipeline::NamedDigests(reader, root));
    for (const digest::Digest& digest : named) RETURN_IF_ERROR(AddDigest(digest, used_.queue));
    return absl::OkStatus();
  }

  const Context& context_;
  DataSite& site_;
  UsedData& used_;
};

}  // namespace

absl::Status CollectUsed(const Context& context, DataSite& site, const Revisions& revisions, bool skip_failed,
                         UsedData& used) {
  used.remotes.insert("");
  Collector collector(context, site, used);
  RETURN_IF_ERROR(collector.Add(site.outs()));
  ASSIGN_OR_RETURN(const std::vector<git::CommitId> commits, CommitsOf(*site.place().repository, revisions));
  RETURN_IF_ERROR(collector.AddHistory(commits, skip_failed));
  RETURN_IF_ERROR(collector.AddExperiments());
  RETURN_IF_ERROR(collector.AddAttempts());
  RETURN_IF_ERROR(collector.AddWorktrees());
  collector.Finish();
  return absl::OkStatus();
}

absl::Status ReadUnread(blob::BlobStore& store, UsedData& used) {
  for (auto unread = used.unread.begin(); unread != used.unread.end();) {
    const auto& [digest, for_queue] = *unread;
    const auto entries = blob::ReadManifest(experiment::ProjectName(""), digest, store);
    if (absl::IsNotFound(entries.status())) {
      ++unread;
      continue;
    }
    RETURN_IF_ERROR(entries.status());
    for (const blob::ManifestEntry& entry : *entries) {
      used.all.insert(entry.digest);
      if (for_queue) used.queue.insert(entry.digest);
    }
    unread = used.unread.erase(unread);
  }
  return absl::OkStatus();
}

}  // namespace expq::cli
