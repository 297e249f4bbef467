// DESIGN.md §6, invariants 1 to 9, as a check of the books against what the world saw. Called after every step.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/status.h"
#include "scheduler/core/grants.h"
#include "scheduler/store/store.h"
#include "tests/support/memory_blob_store.h"
#include "tests/support/memory_records.h"

namespace expq::testing {

using experiment::ExperimentId;

// What an attempt that succeeds makes: nobody else makes the same.
inline experiment::CommitId RevisionOf(const ExperimentId& id, int attempt) {
  return {absl::StrFormat("%s%024x", id.value, attempt)};
}
inline std::string WeightsOf(const ExperimentId& id, int attempt) { return absl::StrCat(id.value, "/", attempt); }

class QueueInvariants {
 public:
  QueueInvariants(store::Store& store, MemoryRecords& records, MemoryBlobStore& blobs)
      : store_(store), records_(records), blobs_(blobs) {}

  // What was acknowledged to people (5, 6).
  void Submitted(const ExperimentId& id) { submitted_.insert(id); }
  void Removed(const ExperimentId& id) {
    submitted_.erase(id);
    cancelled_.erase(id);
  }
  void Cancelled(const ExperimentId& id) { cancelled_.insert(id); }
  void Retried(const ExperimentId& id) { cancelled_.erase(id); }

  // Empty when all hold, else the first that does not.
  std::string Check(const experiment::ProjectName& project) {
    std::string broken;
    absl::Status status = store_.Read([&](store::Reader& rows) -> absl::Status {
      ASSIGN_OR_RETURN(std::vector<core::Entry> entries, rows.LoadProject(project, {}));
      ASSIGN_OR_RETURN(std::vector<core::Session> sessions, rows.Sessions());
      ASSIGN_OR_RETURN(std::vector<store::Tally> tallies, rows.Tallies());
      ASSIGN_OR_RETURN(std::vector<experiment::Event> events, rows.Events(project, last_event_, 100'000));
      broken = CheckEvents(events);
      for (const core::Entry& entry : entries) {
        if (broken.empty()) broken = CheckEntry(entry);
      }
      if (broken.empty()) broken = CheckAcknowledged(entries);
      if (broken.empty()) broken = CheckCapacity(entries, sessions);
      if (broken.empty()) broken = CheckTallies(entries, tallies);
      return absl::OkStatus();
    });
    return status.ok() ? broken : status.ToString();
  }

 private:
  std::string CheckEvents(const std::vector<experiment::Event>& events) {
    for (const experiment::Event& event : events) {
      if (event.sequence != ++last_event_) return absl::StrCat("9: a gap before event ", event.sequence);
      if (event.what == "started") ++started_[event.experiment];
    }
    return "";
  }

  std::string CheckEntry(const core::Entry& e) {
    using experiment::State;
    if (e.attempt != started_[e.id]) {
      return absl::StrCat("1, 2: ", e.name, " has attempt ", e.attempt, " but was started ", started_[e.id], " times");
    }
    if (e.state == State::kRunning && e.session.empty()) return absl::StrCat("1: ", e.name, " runs nowhere");
    bool succeeded = e.state == State::kSucceeded;
    if (succeeded && e.revision != RevisionOf(e.id, e.attempt)) {
      return absl::StrCat("3, 4: ", e.name, " has a result that attempt ", e.attempt, " did not make");
    }
    if (succeeded && records_.Result(e.project, e.baseline, e.name) != e.revision) {
      return absl::StrCat("5: the ref of ", e.name, " is not its result");
    }
    if (succeeded && !blobs_.Has(digest::Md5Of(WeightsOf(e.id, e.attempt)))) {
      return absl::StrCat("7: ", e.name, " succeeded without its blob");
    }
    if (results_.contains(e.id) && !succeeded) return absl::StrCat("5: ", e.name, " had succeeded");
    if (succeeded) results_.insert(e.id);
    if (cancelled_.contains(e.id) && e.state != State::kCancelled && !e.cancel_requested) {
      return absl::StrCat("6: the cancel of ", e.name, " was forgotten: ", Name(e.state));
    }
    return "";
  }

  std::string CheckAcknowledged(const std::vector<core::Entry>& entries) {
    std::set<ExperimentId> missing = submitted_;
    for (const core::Entry& e : entries) missing.erase(e.id);
    return missing.empty() ? "" : absl::StrCat("5: lost ", missing.begin()->value);
  }

  std::string CheckCapacity(const std::vector<core::Entry>& entries, const std::vector<core::Session>& sessions) {
    std::map<experiment::SessionId, experiment::Offer> rest;
    for (const core::Session& session : sessions) rest[session.id] = session.total;
    for (const core::Entry& e : entries) {
      if (e.state != experiment::State::kRunning) continue;
      experiment::Offer& offer = rest[e.session];
      if (!Satisfies(offer, e.need)) return absl::StrCat("8: ", e.agent, " has more than it can hold: ", e.name);
      std::vector<std::string> unused;
      offer = Subtract(offer, e.need, &unused);
      if (static_cast<int>(e.gpu_ids.size()) != e.need.gpus) return absl::StrCat("8: ", e.name, " has other GPUs");
      for (const std::string& gpu : e.gpu_ids) {
        if (!taken_.emplace(e.session, gpu).second) return absl::StrCat("8: ", gpu, " of ", e.agent, " is given twice");
      }
    }
    taken_.clear();
    return "";
  }

  std::string CheckTallies(const std::vector<core::Entry>& entries, const std::vector<store::Tally>& tallies) {
    std::map<std::pair<int, int>, int64_t> counts;  // by gpus and state: needs differ in nothing else here
    for (const core::Entry& e : entries) ++counts[{e.need.gpus, static_cast<int>(e.state)}];
    for (const store::Tally& t : tallies) counts[{t.need.gpus, static_cast<int>(t.state)}] -= t.count;
    for (const auto& [key, count] : counts) {
      if (count != 0) return absl::StrCat("the tally is off by ", count);
    }
    return "";
  }

  store::Store& store_;
  MemoryRecords& records_;
  MemoryBlobStore& blobs_;
  int64_t last_event_ = 0;
  std::map<ExperimentId, int> started_;
  std::set<ExperimentId> submitted_;
  std::set<ExperimentId> cancelled_;
  std::set<ExperimentId> results_;
  std::set<std::pair<experiment::SessionId, std::string>> taken_;
};

}  // namespace expq::testing
