// The git side of a scheduler in memory: commits that exist, and refs.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/experiment/interfaces.h"
#include "common/sync/sync.h"

namespace expq::testing {

// Thread-safe. Every commit exists, unless `Lose` took it.
class MemoryRecords : public experiment::Records {
 public:
  bool HasCommit(const experiment::ProjectName&, const experiment::CommitId& id) override {
    sync::MutexLock lock(mutex_);
    return !lost_.contains(id);
  }
  absl::Status PublishResult(const experiment::Experiment& e, bool replace) override {
    sync::MutexLock lock(mutex_);
    auto [it, is_new] = results_.try_emplace(Key(e.project, e.baseline, e.name), e.revision);
    if (is_new || it->second == e.revision) return absl::OkStatus();
    if (!replace) return absl::AlreadyExistsError("a result has that name: " + e.name);
    it->second = e.revision;
    return absl::OkStatus();
  }
  bool ResultExists(const experiment::ProjectName& project, const experiment::CommitId& baseline,
                    const std::string& name) override {
    sync::MutexLock lock(mutex_);
    return results_.contains(Key(project, baseline, name));
  }
  absl::Status PublishSubmission(const experiment::ProjectName& project, const experiment::SubmissionId& id,
                                 const experiment::CommitId& commit) override {
    sync::MutexLock lock(mutex_);
    submissions_[{project, id}] = commit;
    return absl::OkStatus();
  }
  absl::Status Forget(const experiment::ProjectName& project, const std::vector<experiment::Experiment>& removed,
                      const std::vector<experiment::SubmissionId>& empty_submissions) override {
    sync::MutexLock lock(mutex_);
    for (const auto& e : removed) {
      auto it = results_.find(Key(project, e.baseline, e.name));
      if (it != results_.end() && it->second == e.revision) results_.erase(it);
    }
    for (const auto& id : empty_submissions) submissions_.erase({project, id});
    return absl::OkStatus();
  }

  // As if DVC had made it.
  void AddResult(const experiment::ProjectName& project, const experiment::CommitId& baseline, const std::string& name,
                 const experiment::CommitId& revision) {
    sync::MutexLock lock(mutex_);
    results_[Key(project, baseline, name)] = revision;
  }
  void Lose(const experiment::CommitId& id) {
    sync::MutexLock lock(mutex_);
    lost_.insert(id);
  }
  void Find(const experiment::CommitId& id) {
    sync::MutexLock lock(mutex_);
    lost_.erase(id);
  }
  // The result's revision, empty when there is none.
  experiment::CommitId Result(const experiment::ProjectName& project, const experiment::CommitId& baseline,
                              const std::string& name) const {
    sync::MutexLock lock(mutex_);
    auto it = results_.find(Key(project, baseline, name));
    return it == results_.end() ? experiment::CommitId{} : it->second;
  }
  size_t results() const {
    sync::MutexLock lock(mutex_);
    return results_.size();
  }
  size_t submissions() const {
    sync::MutexLock lock(mutex_);
    return submissions_.size();
  }

 private:
  using ResultKey = std::tuple<experiment::ProjectName, experiment::CommitId, std::string>;
  static ResultKey Key(const experiment::ProjectName& p, const experiment::CommitId& b, const std::string& n) {
    return {p, b, n};
  }

  mutable sync::Mutex mutex_;
  std::set<experiment::CommitId> lost_ ABSL_GUARDED_BY(mutex_);
  std::map<ResultKey, experiment::CommitId> results_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<experiment::ProjectName, experiment::SubmissionId>, experiment::CommitId> submissions_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::testing
