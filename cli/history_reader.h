// What old commits record: the outputs of every revision that a command names.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/data_site.h"
#include "common/git/repository.h"
#include "common/pipeline/recorded.h"

namespace expq::cli {

struct Revisions {
  bool all_branches = false;
  bool all_tags = false;
  bool all_commits = false;
  bool all_experiments = false;
  std::string rev;  // with `num` commits from there, first parents
  int num = 1;
  int64_t since = 0;  // all commits from that second on; 0 = none

  bool any() const { return all_branches || all_tags || all_commits || all_experiments || !rev.empty() || since != 0; }
};

// What --date means, in local time: YYYY-MM-DD as `since`; InvalidArgument names the option.
absl::StatusOr<int64_t> SecondsOfDate(const std::string& date);

// The commits that they mean, each once. NotFound for an unknown `rev`.
absl::StatusOr<std::vector<git::CommitId>> CommitsOf(const git::Repository& repository, const Revisions& revisions);

// Calls `take` with what each commit records; one without the DVC root records nothing. A commit whose files cannot be
// understood is given to `confused` with the digests that its files name all the same.
absl::Status ReadHistory(
    const DataSite& site, const std::vector<git::CommitId>& commits,
    const std::function<absl::Status(const git::CommitId&, const pipeline::Pipeline&, const fs::FileReader&,
                                     const std::string& root, const std::vector<pipeline::RecordedOut>&)>& take,
    const std::function<void(const git::CommitId&, const absl::Status&, std::vector<digest::Digest>)>& confused);

}  // namespace expq::cli
