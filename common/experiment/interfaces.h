// The protocol of expq: a few interfaces in domain words. The scheduler implements them; the gRPC clients in `wire`
// implement them too; local mode hands the scheduler over by reference, with no socket.
// All are thread-safe and blocking. Unavailable means "try again later"; nothing else is worth repeating unchanged.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/experiment/experiment.h"

namespace expq::experiment {

// Bytes in pieces: a sink takes them, a source gives them until an empty piece. Pieces are at most 1 MiB.
using ByteSink = std::function<absl::Status(absl::string_view piece)>;
using ByteSource = std::function<absl::StatusOr<std::string>()>;

struct SubmitRequest {
  ProjectName project;
  SubmissionId id;  // chosen by the client: repeating a submit with the same id is harmless
  CommitId commit;  // the submission commit, already in the snapshot store
  // With id, name, baseline, overrides, …, params_json filled; state, sequence and times are the scheduler's.
  std::vector<Experiment> experiments;
  bool force = false;  // a name may clash with a *finished* experiment of that baseline, which it replaces
};

struct ListRequest {
  ProjectName project;
  // Names, ids or unique id prefixes (4+), or result revisions; empty = all. An unknown one is NotFound.
  std::vector<std::string> selectors;
  std::vector<State> states;  // empty = all
  bool explain = false;       // fill waiting_because
};

// Something that happened. `sequence` has no gaps within a store.
struct Event {
  int64_t sequence = 0;
  ExperimentId experiment;
  std::string name;
  std::string what;  // "submitted", "started", "succeeded", "failed", "lost", "cancelled", "requeued", "progress", …
  std::string detail;
  absl::Time at = absl::InfinitePast();
};

struct UpdateRequest {
  ProjectName project;
  std::string selector;
  std::optional<std::string> name;  // rename: refused while running (FailedPrecondition) or when taken (AlreadyExists)
  std::optional<int> priority;
  std::map<std::string, std::string> properties;  // set; an empty value removes the key
};

// Which selection Cancel, Retry and Remove act on: names, or one of the groups.
struct Selection {
  ProjectName project;
  std::vector<std::string> selectors;
  bool all_failed = false;
  bool all_queued = false;
  bool all = false;
};

// For people: the CLI, later the SDK and the web.
class Queue {
 public:
  virtual ~Queue() = default;
  // All or nothing, durable on return. AlreadyExists when a name is queued, running or finished on that baseline.
  virtual absl::StatusOr<Submission> Submit(const SubmitRequest& request) = 0;
  // In submission order. NotFound for an unknown selector (hint: a near name).
  virtual absl::StatusOr<std::vector<Experiment>> List(const ListRequest& request) = 0;
  // Events after `after`, at once when there are any, else when one comes or `timeout` passes (then empty).
  virtual absl::StatusOr<std::vector<Event>> Watch(const ProjectName& project, int64_t after,
                                                   absl::Duration timeout) = 0;
  // Returns what is (being) cancelled. A finished one: FailedPrecondition. Repeating is harmless.
  virtual absl::StatusOr<std::vector<Experiment>> Cancel(const Selection& selection) = 0;
  // Failed and cancelled ones are queued again. FailedPrecondition for others.
  virtual absl::StatusOr<std::vector<Experiment>> Retry(const Selection& selection) = 0;
  // Forgets experiments, their logs and kept workspaces and the refs of their results. Running: FailedPrecondition.
  virtual absl::StatusOr<std::vector<Experiment>> Remove(const Selection& selection) = 0;
  virtual absl::StatusOr<Experiment> Update(const UpdateRequest& request) = 0;
};

struct LogSegment {
  int attempt = 0;
  int index = 0;      // order of start within the attempt; 0 is the set-up's own log
  std::string stage;  // "setup" for index 0
  int64_t size = 0;
};

// Logs are read by segment and offset; a repeated read is harmless.
class LogReader {
 public:
  virtual ~LogReader() = default;
  virtual absl::StatusOr<std::vector<LogSegment>> Segments(const ProjectName& project, const ExperimentId& id) = 0;
  // At most `max_bytes` (bounded by 1 MiB) from `offset`; empty at the present end.
  virtual absl::StatusOr<std::string> ReadLog(const ProjectName& project, const ExperimentId& id,
                                              const LogSegment& segment, int64_t offset, int64_t max_bytes) = 0;
};

// Agents, as people see them.
class Fleet {
 public:
  virtual ~Fleet() = default;
  virtual absl::StatusOr<std::vector<AgentInfo>> Agents() = 0;
  virtual absl::Status Drain(const std::string& agent) = 0;
};

// One attempt as the agent that holds it sees it.
struct AttemptReport {
  ExperimentId experiment;
  int attempt = 0;
  std::string stage;               // running now, for display
  std::optional<Outcome> outcome;  // repeated in every report until the orders acknowledge it
};

struct SyncReport {
  SessionId session;                    // new for every start of an agent process
  std::string agent;                    // its name, unique among live agents
  std::vector<ProjectName> projects;    // takes work only of these; empty = any
  std::vector<AttemptReport> attempts;  // everything it holds
  Offer total;
  Offer free;
  // Experiments of which it keeps workspaces, some at a time: are they still there?
  std::vector<ExperimentId> kept;
  bool draining = false;                       // takes nothing new
  absl::Duration wait = absl::ZeroDuration();  // how long the call may be held when there is nothing to say
};

struct SyncOrders {
  std::vector<Assignment> start;
  // Attempts to cancel: terminate with grace, then report Cancelled.
  std::vector<std::pair<ExperimentId, int>> cancel;
  // Outcomes durably recorded, and attempts no longer its own: forget them (and end what still runs).
  std::vector<std::pair<ExperimentId, int>> drop;
  // Of those that it keeps, what was removed since: their workspaces can go.
  std::vector<ExperimentId> forget;
  bool drain = false;      // take nothing new, leave when done
  int64_t queued = 0;      // experiments still queued that this agent could ever run
  int64_t unfinished = 0;  // queued or running anywhere, of its projects
  int64_t running = 0;     // of these
  absl::Duration lease = absl::Seconds(60);
  absl::Duration call_again = absl::Seconds(5);
};

struct LogAppend {
  ExperimentId experiment;
  int attempt = 0;
  int index = 0;
  std::string stage;
  int64_t offset = 0;  // where these bytes belong: a repeat changes nothing, a gap is FailedPrecondition
  std::string bytes;
};

struct Progress {
  ExperimentId experiment;
  int attempt = 0;
  std::string stage;
  std::string params_json;   // empty = unchanged
  std::string metrics_json;  // empty = unchanged
};

// For agents: say what is, be told what should be.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  // A long poll. The same report twice is harmless. Aborted when the session was superseded.
  virtual absl::StatusOr<SyncOrders> Sync(const SyncReport& report) = 0;
  // Aborted for an attempt that is not the current one: its bytes are kept all the same.
  virtual absl::Status AppendLog(const LogAppend& append) = 0;
  virtual absl::Status ReportProgress(const std::vector<Progress>& progress) = 0;
};

// Commits by pack. Packs are thin or whole; whoever receives checks every object before it is visible.
class SnapshotStore {
 public:
  virtual ~SnapshotStore() = default;
  // The subset of `commits` that the store does not have (with everything they reach).
  virtual absl::StatusOr<std::vector<CommitId>> Missing(const ProjectName& project,
                                                        const std::vector<CommitId>& commits) = 0;
  // Receives a pack. `tips` must exist afterwards; each is kept alive by a ref until a submission or result holds it.
  virtual absl::Status PutPack(const ProjectName& project, const std::vector<CommitId>& tips,
                               const ByteSource& pack) = 0;
  // Sends a pack with all that `wants` reach and `haves` do not.
  virtual absl::Status GetPack(const ProjectName& project, const std::vector<CommitId>& wants,
                               const std::vector<CommitId>& haves, const ByteSink& sink) = 0;
};

// What the scheduler asks of the git side (room git implements it, so that the scheduler needs no libgit2).
// Thread-safe.
class Records {
 public:
  virtual ~Records() = default;
  virtual bool HasCommit(const ProjectName& project, const CommitId& id) = 0;
  // Makes refs/exps/<2>/<38>/<name> point at the experiment's `revision` (replacing only when `replace`): AlreadyExists
  // otherwise. Repeating it with the same revision is harmless.
  virtual absl::Status PublishResult(const Experiment& experiment, bool replace) = 0;
  // True when a finished result of that name exists on that baseline (also one made by DVC).
  virtual bool ResultExists(const ProjectName& project, const CommitId& baseline, const std::string& name) = 0;
  // Those of `names` for which ResultExists. A submit asks once for all its names: look at all refs of the baseline at
  // once where that is cheaper.
  virtual std::vector<std::string> ExistingResults(const ProjectName& project, const CommitId& baseline,
                                                   const std::vector<std::string>& names) {
    std::vector<std::string> existing;
    for (const std::string& name : names) {
      if (ResultExists(project, baseline, name)) existing.push_back(name);
    }
    return existing;
  }
  virtual absl::Status PublishSubmission(const ProjectName& project, const SubmissionId& id,
                                         const CommitId& commit) = 0;
  // Drops result refs of `removed` (only where they point at its revision), and the refs of `empty_submissions`.
  virtual absl::Status Forget(const ProjectName& project, const std::vector<Experiment>& removed,
                              const std::vector<SubmissionId>& empty_submissions) = 0;
};

}  // namespace expq::experiment
