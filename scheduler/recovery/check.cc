#include "scheduler/recovery/check.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/git/repository.h"
#include "common/status/status.h"
#include "scheduler/recovery/submissions.h"

namespace expq::recovery {
namespace {

using core::Entry;
using experiment::CommitId;
using experiment::ProjectName;
using experiment::SubmissionId;
using Submissions = std::map<SubmissionId, CommitId>;

// One project's books beside its refs.
class ProjectCheck {
 public:
  ProjectCheck(const Project& project, const git::Repository& repository, std::vector<std::string>& problems)
      : project_(project), repository_(repository), problems_(problems) {}

  // Rows are written after the ref and deleted before it: so the refs that must be there are listed after the rows, and
  // the refs that must have rows before.
  absl::Status Run(store::Store& store) {
    ASSIGN_OR_RETURN(const Submissions before, ListSubmissions(repository_));
    std::vector<Entry> entries;
    RETURN_IF_ERROR(store.Read([&](store::Reader& rows) -> absl::Status {
      ASSIGN_OR_RETURN(entries, rows.LoadProject(project_.name, {}));
      return absl::OkStatus();
    }));
    ASSIGN_OR_RETURN(const Submissions after, ListSubmissions(repository_));
    Submissions known;
    for (const Entry& entry : entries) known[entry.submission] = entry.snapshot;
    CheckRefs(before, after, known);
    CheckRows(after, known);
    CheckResults(entries);
    return absl::OkStatus();
  }

 private:
  void Say(absl::string_view what) { problems_.push_back(absl::StrCat("project ", project_.name.value, ": ", what)); }

  void CheckRefs(const Submissions& before, const Submissions& after, const Submissions& known) {
    for (const auto& [id, commit] : before) {
      if (known.contains(id) || !after.contains(id)) continue;
      Say(absl::StrCat(git::SubmissionRef(id), " has no rows in the queue"));
    }
  }
  void CheckRows(const Submissions& after, const Submissions& known) {
    for (const auto& [id, snapshot] : known) {
      const auto ref = after.find(id);
      if (ref == after.end()) {
        Say(absl::StrCat("submission ", id.value, " is in the queue, but ", git::SubmissionRef(id), " is not there"));
      } else if (ref->second != snapshot) {
        Say(absl::StrCat(git::SubmissionRef(id), " is ", ref->second.value, ", but the queue has ", snapshot.value));
      }
    }
  }
  void CheckResults(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      if (entry.state != experiment::State::kSucceeded || repository_.HasCommit(entry.revision)) continue;
      Say(absl::StrCat("'", entry.name, "' succeeded, but its result ", entry.revision.value, " is not there"));
    }
  }

  const Project& project_;
  const git::Repository& repository_;
  std::vector<std::string>& problems_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> Check(store::Store& store, const std::vector<Project>& projects) {
  std::vector<std::string> problems;
  std::set<ProjectName> seen;
  for (const Project& project : projects) {
    seen.insert(project.name);
    ASSIGN_OR_RETURN(const auto repository, git::Repository::Open(project.repository));
    RETURN_IF_ERROR(ProjectCheck(project, *repository, problems).Run(store));
  }
  RETURN_IF_ERROR(store.Read([&](store::Reader& rows) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<store::Tally> tallies, rows.Tallies());
    for (const store::Tally& tally : tallies) {
      if (!seen.insert(tally.project).second) continue;
      problems.push_back(absl::StrCat("project ", tally.project.value, ": in the queue, but it has no repository"));
    }
    return absl::OkStatus();
  }));
  return problems;
}

}  // namespace expq::recovery
