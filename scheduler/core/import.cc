#include "scheduler/core/import.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/core/submit.h"

namespace expq::core {
namespace {

using experiment::Experiment;
using experiment::State;

// What is taken already: by the books, or by a later submission.
class Claims {
 public:
  explicit Claims(const std::vector<Entry>& there) {
    for (const Entry& entry : there) Take(entry);
  }
  // False when the id or the name is somebody else's.
  bool Take(const Experiment& e) {
    if (ids_.contains(e.id) || names_.contains({e.baseline.value, e.name})) return false;
    ids_.insert(e.id);
    names_.emplace(e.baseline.value, e.name);
    return true;
  }

 private:
  std::set<experiment::ExperimentId> ids_;
  std::set<std::pair<std::string, std::string>> names_;
};

Entry Made(Experiment e, const experiment::ProjectName& project, const Recorded& recorded) {
  Entry entry;
  static_cast<Experiment&>(entry) = std::move(e);
  entry.project = project;
  entry.submission = recorded.id;
  entry.snapshot = recorded.commit;
  entry.created = recorded.created;
  entry.state = entry.revision.empty() ? State::kQueued : State::kSucceeded;
  return entry;
}

std::string About(const Recorded& recorded, absl::string_view what) {
  return absl::StrCat("submission ", recorded.id.value, ": ", what);
}

}  // namespace

ImportDecision DecideImport(const experiment::ProjectName& project, std::vector<Recorded> recorded,
                            const std::vector<Entry>& there) {
  ImportDecision decision;
  std::ranges::stable_sort(recorded, {}, [](const Recorded& r) { return std::pair(r.created, r.id); });
  Claims claims(there);
  for (auto r = recorded.rbegin(); r != recorded.rend(); ++r) {
    const absl::Status fine = CheckSubmit({.project = project, .id = r->id, .experiments = r->experiments});
    if (!fine.ok()) {
      decision.skipped.push_back(About(*r, fine.message()));
      continue;
    }
    ImportDecision::Submission made{.id = r->id, .commit = r->commit, .created = r->created, .entries = {}};
    for (Experiment& e : r->experiments) {
      if (claims.Take(e)) {
        made.entries.push_back(Made(std::move(e), project, *r));
      } else {
        decision.skipped.push_back(About(*r, absl::StrCat("'", e.name, "' was replaced by another of that name")));
      }
    }
    decision.submissions.push_back(std::move(made));
  }
  std::ranges::reverse(decision.submissions);
  return decision;
}

}  // namespace expq::core
