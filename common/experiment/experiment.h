// The words of the house: what is submitted, run and reported. Plain values; no I/O, no protocol.
// Params and metrics travel as compact JSON text `{"file":{…}}`, so that this room needs no parser.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/digest/digest.h"

namespace expq::experiment {

// A string that cannot be taken for another kind of string.
template <typename Tag>
struct StrongString {
  std::string value;
  bool empty() const { return value.empty(); }
  auto operator<=>(const StrongString&) const = default;
  bool operator==(const StrongString&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const StrongString& s) {
    return H::combine(std::move(h), s.value);
  }
};

using ProjectName = StrongString<struct ProjectTag>;
using SubmissionId = StrongString<struct SubmissionTag>;  // 16 hex characters
using ExperimentId = StrongString<struct ExperimentTag>;  // 16 hex characters
using SessionId = StrongString<struct SessionTag>;        // one run of one agent; 16 hex characters
using CommitId = StrongString<struct CommitTag>;          // 40 hex characters

enum class State { kQueued, kRunning, kSucceeded, kFailed, kCancelled };

// Why an attempt failed.
enum class Cause { kNone, kUserCode, kSetup, kBadParams, kTimeout, kOutOfMemory, kInfrastructure };

enum class OutcomeKind { kSucceeded, kFailed, kLost, kPreempted, kCancelled };

// "queued", "running", …; "user-code", …, "" for kNone. Parse* return nullopt for an unknown word.
absl::string_view Name(State state);
absl::string_view Name(Cause cause);
absl::string_view Name(OutcomeKind kind);
std::optional<State> ParseState(absl::string_view name);
std::optional<Cause> ParseCause(absl::string_view name);
std::optional<OutcomeKind> ParseOutcomeKind(absl::string_view name);

// What a job needs, or what an agent has. Memory in bytes; 0 = no claim. Labels: key → value ("" = just present).
struct Resources {
  int cpus = 0;
  int64_t memory = 0;
  int gpus = 0;
  std::map<std::string, std::string> labels;
  bool operator==(const Resources&) const = default;
};

// What an agent offers: `gpu_ids` are UUIDs where known ("GPU-…"), else indices ("0").
struct Offer {
  int slots = 0;  // attempts it would take at once
  int cpus = 0;
  int64_t memory = 0;
  std::vector<std::string> gpu_ids;
  std::map<std::string, std::string> labels;
  std::string closed;  // why nothing is on offer although nothing takes it: "/data is full"; "" = open
  bool operator==(const Offer&) const = default;
};

// True when `offer` could hold `need` now. Pure. A need label with an empty value asks only for presence.
bool Satisfies(const Offer& offer, const Resources& need);

// `offer` less `need` (one slot, cpus, memory, the first `need.gpus` GPU ids, which are returned through `gpu_ids`).
// Requires Satisfies.
Offer Subtract(const Offer& offer, const Resources& need, std::vector<std::string>* gpu_ids);

// What the stages are run with; the same for all experiments of a submission.
struct RunOptions {
  std::vector<std::string> targets;  // as typed, relative to `subdir`; empty = dvc.yaml of `subdir`
  std::string subdir;                // where in the repository it was submitted, "" = root
  bool force = false;
  bool single_item = false;
  bool downstream = false;
  bool keep_going = false;
  bool no_run_cache = false;
  bool ignore_errors = false;     // a stage that fails is no failure of the experiment
  bool force_downstream = false;  // what directly follows a stage that ran is run too
  bool allow_missing = false;     // stages are left alone whose data is missing but not changed
  bool pull = false;              // what is missing comes from the repository's default DVC remote
  int stage_jobs = 1;
  std::vector<std::pair<std::string, std::string>> env;
  bool operator==(const RunOptions&) const = default;
};

// Immutable once submitted, except priority, properties, name (while not running) and state.
struct Experiment {
  ExperimentId id;
  ProjectName project;
  SubmissionId submission;
  int64_t sequence = 0;  // submission order within the store; the tie-break after priority
  std::string name;
  std::string message;
  CommitId baseline;                   // HEAD when submitted
  CommitId snapshot;                   // the submission's commit: its tree is the workspace as it was
  std::vector<std::string> overrides;  // canonical "[FILE:]KEY=VALUE", no sweeps
  RunOptions options;
  Resources need;
  int priority = 0;  // larger first
  int retries = 0;   // how often a Failed attempt is tried again
  absl::Duration timeout = absl::InfiniteDuration();
  std::vector<ExperimentId> after;  // must have succeeded first
  bool force_name = false;          // may replace a finished result of the same name

  State state = State::kQueued;
  int attempt = 0;   // number of the latest attempt, 0 = none yet; the fencing token
  int losses = 0;    // attempts Lost in a row (the crash limit is limits.h's)
  int failures = 0;  // attempts Failed so far (counts against `retries`)
  bool cancel_requested = false;
  std::string agent;  // of the latest attempt
  std::string stage;  // running now
  std::string error;  // one line: why it failed
  Cause cause = Cause::kNone;
  std::string workspace;  // where the latest attempt's workspace is kept, on that agent
  CommitId revision;      // the result commit, empty until succeeded
  std::string params_json = "{}";
  std::string metrics_json = "{}";
  std::map<std::string, std::string> properties;
  absl::Time created = absl::InfinitePast();  // InfinitePast = not yet
  absl::Time started = absl::InfinitePast();
  absl::Time finished = absl::InfinitePast();
  std::string waiting_because;  // filled by List with explain: why it is still queued
};

struct Submission {
  SubmissionId id;
  CommitId commit;
  std::vector<Experiment> experiments;
};

// An attempt as the agent gets it: everything that is needed to run, and nothing that changes.
struct Assignment {
  Experiment experiment;
  int attempt = 0;
  std::vector<std::string> gpu_ids;  // exclusively its own while it runs
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::kSucceeded;
  Cause cause = Cause::kNone;
  std::string error;                  // one line
  std::string stage;                  // that failed
  CommitId revision;                  // of a success
  std::vector<digest::Digest> blobs;  // that the result names: cached outs and the files of their manifests
  std::string params_json;            // empty = unchanged
  std::string metrics_json;           // empty = unchanged
  std::string workspace;              // kept here, "" = not kept
};

// An agent as people see it.
struct AgentInfo {
  std::string name;
  SessionId session;
  std::string state;  // "alive", "draining", "lost", "gone"
  absl::Time last_seen = absl::InfinitePast();
  std::vector<ExperimentId> running;
  std::vector<std::string> running_names;
  Offer total;
  Offer free;
};

}  // namespace expq::experiment
