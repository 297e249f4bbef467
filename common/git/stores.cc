#include "common/git/stores.h"

#include "absl/strings/str_cat.h"
#include "common/git/handle_pool.h"
#include "common/git/repository.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

using experiment::Experiment;
using experiment::ProjectName;
using experiment::SubmissionId;

std::string KeepRef(const CommitId& id) { return absl::StrCat("refs/expq/keep/", id.value); }

absl::StatusOr<HandlePool::Loan> Borrow(HandlePool& handles, const RepositoryOf& repository_of,
                                        const ProjectName& project, bool make) {
  ASSIGN_OR_RETURN(std::string dir, repository_of(project));
  return handles.Borrow(dir, make);
}

// Only when absent, unless it is that commit already.
absl::Status SetNewRef(const Repository& repository, const std::string& ref, const CommitId& id,
                       absl::string_view what) {
  absl::Status set = repository.SetRef(ref, id, CommitId{});
  if (!absl::IsAborted(set)) return set;
  // Repeating is harmless: the same expectation, now of the value that it should have.
  if (repository.SetRef(ref, id, id).ok()) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(what, " exists already: ", ref));
}

}  // namespace

LocalSnapshotStore::LocalSnapshotStore(RepositoryOf repository_of)
    : repository_of_(std::move(repository_of)), handles_(std::make_unique<HandlePool>()) {}
LocalSnapshotStore::~LocalSnapshotStore() = default;

absl::StatusOr<std::vector<CommitId>> LocalSnapshotStore::Missing(const ProjectName& project,
                                                                  const std::vector<CommitId>& commits) {
  auto repository = Borrow(*handles_, repository_of_, project, false);
  if (absl::IsNotFound(repository.status())) return commits;
  RETURN_IF_ERROR(repository.status());
  std::vector<CommitId> missing;
  for (const CommitId& id : commits) {
    if (!(*repository)->HasCommit(id)) missing.push_back(id);
  }
  return missing;
}

absl::Status LocalSnapshotStore::PutPack(const ProjectName& project, const std::vector<CommitId>& tips,
                                         const experiment::ByteSource& pack) {
  ASSIGN_OR_RETURN(auto repository, Borrow(*handles_, repository_of_, project, true));
  RETURN_IF_ERROR(repository->ReadPack(pack));
  for (const CommitId& tip : tips) {
    if (!repository->HasCommit(tip)) {
      return absl::DataLossError(absl::StrCat("the pack does not bring commit ", tip.value));
    }
    RETURN_IF_ERROR(repository->SetRef(KeepRef(tip), tip));
  }
  return absl::OkStatus();
}

absl::Status LocalSnapshotStore::GetPack(const ProjectName& project, const std::vector<CommitId>& wants,
                                         const std::vector<CommitId>& haves, const experiment::ByteSink& sink) {
  ASSIGN_OR_RETURN(auto repository, Borrow(*handles_, repository_of_, project, false));
  return repository->WritePack(wants, haves, sink);
}

LocalRecords::LocalRecords(RepositoryOf repository_of)
    : repository_of_(std::move(repository_of)), handles_(std::make_unique<HandlePool>()) {}
LocalRecords::~LocalRecords() = default;

bool LocalRecords::HasCommit(const ProjectName& project, const CommitId& id) {
  auto repository = Borrow(*handles_, repository_of_, project, false);
  return repository.ok() && (*repository)->HasCommit(id);
}

absl::Status LocalRecords::PublishResult(const Experiment& experiment, bool replace) {
  ASSIGN_OR_RETURN(auto repository, Borrow(*handles_, repository_of_, experiment.project, false));
  std::string ref = ResultRef(experiment.baseline, experiment.name);
  if (replace) {
    RETURN_IF_ERROR(repository->SetRef(ref, experiment.revision));
  } else {
    std::string what = absl::StrCat("a result named '", experiment.name, "'");
    RETURN_IF_ERROR(SetNewRef(*repository, ref, experiment.revision, what));
  }
  return repository->DeleteRefs({KeepRef(experiment.revision)});
}

bool LocalRecords::ResultExists(const ProjectName& project, const CommitId& baseline, const std::string& name) {
  auto repository = Borrow(*handles_, repository_of_, project, false);
  return repository.ok() && (*repository)->HasRef(ResultRef(baseline, name));
}

absl::Status LocalRecords::PublishSubmission(const ProjectName& project, const SubmissionId& id,
                                             const CommitId& commit) {
  ASSIGN_OR_RETURN(auto repository, Borrow(*handles_, repository_of_, project, false));
  RETURN_IF_ERROR(SetNewRef(*repository, SubmissionRef(id), commit, "a submission of that id"));
  return repository->DeleteRefs({KeepRef(commit)});
}

absl::Status LocalRecords::Forget(const ProjectName& project, const std::vector<Experiment>& removed,
                                  const std::vector<SubmissionId>& empty_submissions) {
  auto repository = Borrow(*handles_, repository_of_, project, false);
  if (absl::IsNotFound(repository.status())) return absl::OkStatus();
  RETURN_IF_ERROR(repository.status());
  std::vector<RefDeletion> deletions;
  for (const Experiment& experiment : removed) {
    if (experiment.revision.empty()) continue;
    deletions.push_back({.ref = ResultRef(experiment.baseline, experiment.name), .expected = experiment.revision});
  }
  RETURN_IF_ERROR((*repository)->DeleteRefsIf(deletions));
  std::vector<std::string> submissions;
  for (const SubmissionId& id : empty_submissions) submissions.push_back(SubmissionRef(id));
  return (*repository)->DeleteRefs(submissions);
}

}  // namespace expq::git
