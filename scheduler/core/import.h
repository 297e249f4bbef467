// Which rows submissions get that only their refs remember. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/experiment/interfaces.h"
#include "scheduler/core/entry.h"

namespace expq::core {

// A submission as its ref has it.
struct Recorded {
  experiment::SubmissionId id;
  experiment::CommitId commit;
  absl::Time created = absl::InfinitePast();
  // As submitted. One with a `revision` has succeeded, with its params, metrics and `finished`; the others are queued.
  // `attempt`: how many there were, as far as is known.
  std::vector<experiment::Experiment> experiments;
};

struct ImportDecision {
  struct Submission {
    experiment::SubmissionId id;
    experiment::CommitId commit;
    absl::Time created;
    std::vector<Entry> entries;  // in the order of the submission; may be none
  };
  std::vector<Submission> submissions;  // oldest first
  std::vector<std::string> skipped;     // one line each: what was passed over, and why
};

// Of two experiments with one name on one baseline the later submission's stays: it replaced the other. `there` are
// entries with one of the ids, or of the names on their baselines: what is in the books wins. Text that no submit would
// take is passed over.
ImportDecision DecideImport(const experiment::ProjectName& project, std::vector<Recorded> recorded,
                            const std::vector<Entry>& there);

}  // namespace expq::core
