#include "agent/sync_loop.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "agent/verdict.h"
#include "common/log/log.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

using experiment::Outcome;
using experiment::OutcomeKind;

// A held call keeps this thread from saying that an attempt has ended: so it is held for a tenth of the youngest
// attempt's age at most, within these bounds.
constexpr absl::Duration kShortestHold = absl::Milliseconds(20);
constexpr absl::Duration kLongestHold = absl::Seconds(1);
// With nothing to take, a cancel is noticed this soon.
constexpr absl::Duration kLongestRest = absl::Seconds(1);
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(100);
constexpr absl::Duration kLongestBackoff = absl::Seconds(5);
// Asked to stop while nobody listens: outcomes are in the spool, or the lease tells.
constexpr absl::Duration kFarewell = absl::Seconds(10);
// A killed agent's successor hashes again what was hashed since.
constexpr absl::Duration kSaveHashesEvery = absl::Minutes(1);
// Of a log, in one round of all running attempts: the beat must not wait for a stage that prints a gigabyte.
constexpr int64_t kLogShare = 4 << 20;
// How soon a kept workspace goes after its experiment was removed.
constexpr absl::Duration kAskAboutKeptEvery = absl::Seconds(5);

// What killed processes left: a lock file goes with the lock.
void SweepLocks(const fs::FileReader& fs, const std::string& dir) {
  const auto entries = fs.List(dir);
  if (!entries.ok()) return;
  for (const fs::DirEntry& entry : *entries) {
    fs::FileLock::TryLock(fs::Join(dir, entry.name), fs::FileLock::File::kGoes).IgnoreError();
  }
}

}  // namespace

SyncLoop::SyncLoop(Tools tools, const Options& options)
    : options_(options),
      layout_(options.data_dir),
      observer_(tools.observer),
      tools_(tools),
      projects_(tools_, layout_),
      slots_(tools_.fs, layout_, options.adopt),
      disks_(tools_.fs, tools_.clock),
      kept_(tools_.fs, layout_),
      spool_(tools_.fs, layout_, options.adopt),
      bench_{
          .tools = tools_, .options = options_, .projects = projects_, .slots = slots_, .disks = disks_, .give_up = {}},
      idle_since_(tools.clock.Steady()),
      progress_at_(tools.clock.Steady()),
      save_hashes_at_(tools.clock.Steady() + kSaveHashesEvery),
      ask_about_kept_at_(tools.clock.Steady()) {
  tools_.observer = &observer_;
  disks_.Watch(options_.data_dir);
}

// --- attempts ---

std::shared_ptr<Attempt> SyncLoop::Hold(experiment::Assignment assignment, absl::Duration started, bool resumed) {
  AttemptKey key{assignment.experiment.id, assignment.attempt};
  bool send_logs = options_.log_dir.empty();
  experiment::LogLayout logs(send_logs ? layout_.Logs() : options_.log_dir);
  auto log = std::make_unique<AttemptLog>(tools_.fs, logs, key, send_logs ? &tools_.dispatcher : nullptr, resumed);
  auto attempt = std::make_shared<Attempt>(std::move(assignment), std::move(log), started, resumed);
  held_[key] = attempt;
  return attempt;
}

void SyncLoop::Start(experiment::Assignment assignment) {
  if (held_.contains({assignment.experiment.id, assignment.attempt})) return;  // the reply that granted it came twice
  auto attempt = Hold(std::move(assignment), tools_.clock.Steady(), false);
  // Granted before we could say that we take nothing more: handed back.
  if (stopping_ || !closed_.empty()) attempt->End(EndReason::kPreempt);
  workers_.Start([this, attempt] { RunAttempt(*attempt); });
}

// Its time goes on from where it was: an agent that is upgraded every day must not let it run for ever.
void SyncLoop::Resume(experiment::Assignment assignment, std::optional<absl::Duration> started) {
  const absl::Duration now = tools_.clock.Steady();
  auto attempt = Hold(std::move(assignment), std::min(started.value_or(now), now), true);
  workers_.Start([this, attempt] { RunAttempt(*attempt); });
}

void SyncLoop::RunAttempt(Attempt& attempt) {
  observer_.AttemptStarts(attempt.assignment());
  const bool begins = !attempt.resumed() && attempt.end_reason() == EndReason::kNone;
  absl::Status spooled = begins ? spool_.SaveAssignment(attempt.assignment(), attempt.started()) : absl::OkStatus();
  Outcome outcome =
      spooled.ok() ? AttemptRunner(bench_, attempt).Run() : SetupFailure(experiment::Cause::kInfrastructure, spooled);
  if (outcome.kind == OutcomeKind::kLost) disks_.MetFull(outcome.error);
  if (outcome.kind == OutcomeKind::kSucceeded) disks_.MetRoom();
  if (attempt.end_reason() != EndReason::kDrop) {
    absl::Status sent =
        RetryWhileUnavailable(bench_.give_up, [&] { return attempt.log().Send(std::numeric_limits<int64_t>::max()); });
    if (sent.ok()) sent = spool_.SaveOutcome(attempt.key(), outcome);
    if (!sent.ok()) log::Warning(absl::StrCat("attempt ", attempt.key().Text(), ": ", sent.message()));
    observer_.AttemptEnds(attempt.assignment(), outcome);
  }
  attempt.SetOutcome(std::move(outcome));
  wakeup_->Notify();
}

void SyncLoop::AdoptSpooled() {
  for (SpooledAttempt& spooled : spool_.Load()) {
    if (!spooled.outcome) {
      Resume(std::move(spooled.assignment), spooled.started);
      continue;
    }
    auto attempt = Hold(std::move(spooled.assignment), tools_.clock.Steady(), true);
    attempt->SetOutcome(*std::move(spooled.outcome));
  }
}

// What was dropped while it ran has now ended: nobody waits for its outcome.
void SyncLoop::ForgetDropped() {
  for (auto it = held_.begin(); it != held_.end();) {
    Attempt& attempt = *it->second;
    if (attempt.end_reason() != EndReason::kDrop || !attempt.outcome()) {
      ++it;
      continue;
    }
    attempt.log().Forget();
    spool_.Forget(it->first);
    it = held_.erase(it);
  }
}

void SyncLoop::EndAll(EndReason reason) {
  for (auto& [key, attempt] : held_) {
    if (!attempt->outcome()) attempt->End(reason);
  }
}

void SyncLoop::EndTimedOut() {
  absl::Duration now = tools_.clock.Steady();
  for (auto& [key, attempt] : held_) {
    bool over = now - attempt->started() >= attempt->experiment().timeout;
    if (over && !attempt->outcome()) attempt->End(EndReason::kTimeout);
  }
}

// --- what we say ---

experiment::Offer SyncLoop::Free() const {
  if (!closed_.empty()) return {.closed = closed_};
  experiment::Offer free = options_.total;
  for (const auto& [key, attempt] : held_) {
    if (attempt->outcome()) continue;
    const experiment::Resources& need = attempt->experiment().need;
    free.slots -= 1;
    free.cpus -= need.cpus;
    free.memory -= need.memory;
    for (const std::string& gpu : attempt->assignment().gpu_ids) std::erase(free.gpu_ids, gpu);
  }
  free.slots = std::max(free.slots, 0);
  free.cpus = std::max(free.cpus, 0);
  free.memory = std::max<int64_t>(free.memory, 0);
  return free;
}

experiment::SyncReport SyncLoop::Report(absl::Duration wait) const {
  experiment::SyncReport report;
  report.session = options_.session;
  report.agent = options_.name;
  report.projects = options_.projects;
  // The outcomes first: what ends between the two lines is then merely not free yet.
  for (const auto& [key, attempt] : held_) {
    report.attempts.push_back({key.experiment, key.attempt, attempt->stage(), attempt->outcome()});
  }
  report.total = options_.total;
  report.free = Free();
  report.draining = draining_ || stopping_;
  report.wait = wait;
  return report;
}

void SyncLoop::NoticeDisks() {
  std::string trouble = disks_.Trouble();
  if (trouble.empty() != closed_.empty()) observer_.Closed(trouble);
  closed_ = std::move(trouble);
  if (closed_.empty() || !options_.exit_when_empty) return;
  draining_ = true;
  if (summary_.disk_full.empty()) summary_.disk_full = closed_;
}

// Of the far side's experiments; where we share its folders it removes them itself.
void SyncLoop::AskAboutKept(experiment::SyncReport& report) {
  absl::Duration now = tools_.clock.Steady();
  if (!options_.log_dir.empty() || now < ask_about_kept_at_) return;
  ask_about_kept_at_ = now + kAskAboutKeptEvery;
  report.kept = kept_.Next();
}

bool SyncLoop::AnyRunning() const {
  return std::any_of(held_.begin(), held_.end(), [](const auto& held) { return !held.second->outcome(); });
}

absl::Duration SyncLoop::YoungestAge() const {
  absl::Duration now = tools_.clock.Steady();
  absl::Duration youngest = absl::InfiniteDuration();
  for (const auto& [key, attempt] : held_) {
    if (!attempt->outcome()) youngest = std::min(youngest, now - attempt->started());
  }
  return youngest;
}

absl::Duration SyncLoop::HoldFor() const {
  if (!TakesNew() || Free().slots < 1) return absl::ZeroDuration();
  if (!AnyRunning()) return std::min(call_again_, kLongestHold);
  return std::clamp(YoungestAge() / 10, kShortestHold, kLongestHold);
}

absl::Duration SyncLoop::RestFor(absl::Duration held) const {
  // The dispatcher has done the waiting, though some answer at once whatever they were asked.
  if (HoldFor() > absl::ZeroDuration()) return kShortestHold - held;
  absl::Duration now = tools_.clock.Steady();
  absl::Duration rest = std::min({call_again_, kLongestRest, progress_at_ - now});
  for (const auto& [key, attempt] : held_) {
    if (!attempt->outcome()) rest = std::min(rest, attempt->started() + attempt->experiment().timeout - now);
  }
  return std::max(rest, kShortestHold);
}

// --- what we hear ---

void SyncLoop::Drop(const AttemptKey& key) {
  auto it = held_.find(key);
  if (it == held_.end()) {
    spool_.Forget(key);
    return;
  }
  std::shared_ptr<Attempt> attempt = it->second;
  auto outcome = attempt->outcome();
  if (!outcome) {  // not ours any more: ended quietly, forgotten when it has
    attempt->End(EndReason::kDrop);
    return;
  }
  // A failure that will be tried again is not the experiment's.
  bool final_failure = attempt->experiment().failures >= attempt->experiment().retries;
  summary_.succeeded += outcome->kind == OutcomeKind::kSucceeded ? 1 : 0;
  summary_.failed += outcome->kind == OutcomeKind::kFailed && final_failure ? 1 : 0;
  summary_.cancelled += outcome->kind == OutcomeKind::kCancelled ? 1 : 0;
  attempt->log().Forget();
  spool_.Forget(key);
  held_.erase(it);
}

void SyncLoop::Apply(const experiment::SyncOrders& orders) {
  call_again_ = orders.call_again;
  draining_ = draining_ || orders.drain;
  for (const auto& [id, number] : orders.drop) Drop({id, number});
  for (const auto& [id, number] : orders.cancel) {
    auto it = held_.find({id, number});
    if (it != held_.end() && !it->second->outcome()) it->second->End(EndReason::kCancel);
  }
  for (const experiment::ExperimentId& id : orders.forget) {
    workers_.Start([this, id] { kept_.Remove(id); });
  }
  for (const experiment::Assignment& assignment : orders.start) Start(assignment);
}

bool SyncLoop::Finished(const experiment::SyncOrders& orders) {
  absl::Duration now = tools_.clock.Steady();
  if (!held_.empty()) {
    idle_since_ = now;
    return false;
  }
  if (draining_ || stopping_) return true;
  if (options_.exit_when_empty && orders.queued == 0 && orders.running == 0) return true;
  return now - idle_since_ >= options_.idle_exit;
}

void SyncLoop::SendProgress() {
  absl::Duration now = tools_.clock.Steady();
  if (now < progress_at_) return;
  progress_at_ = now + options_.progress_every;
  if (now >= save_hashes_at_) {
    save_hashes_at_ = now + kSaveHashesEvery;
    projects_.SaveHashIndexes();
  }
  std::vector<experiment::Progress> progress;
  for (auto& [key, attempt] : held_) {
    if (attempt->outcome()) continue;
    if (!attempt->log().Send(kLogShare).ok()) return;  // unreachable: the next Sync says so
    auto live = attempt->live();
    if (live == nullptr) continue;
    pipeline::Values values = pipeline::ReadValues(tools_.fs, live->root, live->pipeline);
    std::string all = absl::StrCat(attempt->stage(), "\n", values.params_json, "\n", values.metrics_json);
    if (all == attempt->reported_values) continue;
    attempt->reported_values = std::move(all);
    progress.push_back({key.experiment, key.attempt, attempt->stage(), values.params_json, values.metrics_json});
  }
  if (progress.empty()) return;
  absl::Status reported = tools_.dispatcher.ReportProgress(progress);
  if (!reported.ok()) log::Debug(absl::StrCat("progress is not reported: ", reported.message()));
}

bool SyncLoop::SitOut(const absl::Status& status) {
  absl::Duration now = tools_.clock.Steady();
  // What runs here can wait for a scheduler whose own disk is full or broken; a command that shares its disk cannot.
  const bool its_machine = absl::IsResourceExhausted(status) || absl::IsInternal(status);
  const bool mends = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  if (!mends && !(options_.adopt && its_machine)) return false;
  if (unreachable_since_ == absl::InfiniteDuration()) {
    unreachable_since_ = now;
    observer_.Unreachable(status);
  }
  backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, kLongestBackoff);
  // Agents that lost the same scheduler do not all come back at the same moment.
  double jitter = 0.75 + static_cast<double>(tools_.random.Below(512)) / 1024;
  wakeup_->WaitPast(wakeup_->Count(), backoff_ * jitter);
  return true;
}

// The attempts' threads go on until they have ended; a scheduler that still hears us learns that we are gone.
void SyncLoop::Farewell() {
  draining_ = true;
  auto orders = tools_.dispatcher.Sync(Report(absl::ZeroDuration()));
  if (!orders.ok()) log::Info(absl::StrCat("left without saying so: ", orders.status().message()));
  projects_.SaveHashIndexes();
}

absl::StatusOr<Summary> SyncLoop::Loop(const sync::StopToken& drain, const sync::StopToken& stop) {
  uint64_t seen = ~uint64_t{0};  // the first call does not wait
  for (;;) {
    draining_ = draining_ || drain.Stopped();
    if (stop.Stopped() && !stopping_) {
      stopping_ = true;
      unreachable_since_ = absl::InfiniteDuration();
      EndAll(EndReason::kPreempt);
    }
    EndTimedOut();
    ForgetDropped();
    NoticeDisks();
    absl::Duration hold = wakeup_->Count() == seen ? HoldFor() : absl::ZeroDuration();
    seen = wakeup_->Count();
    absl::Duration called = tools_.clock.Steady();
    experiment::SyncReport report = Report(hold);
    AskAboutKept(report);
    auto orders = tools_.dispatcher.Sync(report);
    if (!orders.ok()) {
      bool gone = stopping_ && !AnyRunning() && tools_.clock.Steady() - unreachable_since_ > kFarewell;
      if (gone || !SitOut(orders.status())) return orders.status();
      continue;
    }
    backoff_ = absl::ZeroDuration();
    unreachable_since_ = absl::InfiniteDuration();
    NoticeDisks();
    Apply(*orders);
    if (Finished(*orders)) {
      summary_.left = orders->unfinished - orders->running;
      return summary_;
    }
    absl::Duration held = tools_.clock.Steady() - called;
    SendProgress();
    wakeup_->WaitPast(seen, RestFor(held));
  }
}

absl::StatusOr<Summary> SyncLoop::Run(const sync::StopToken& drain, const sync::StopToken& stop) {
  if (options_.data_dir.empty() || options_.data_dir.front() != '/') {
    return absl::InvalidArgumentError(absl::StrCat("data folder '", options_.data_dir, "' is not an absolute path"));
  }
  RETURN_IF_ERROR(tools_.fs.MakeDirs(options_.data_dir));
  RETURN_IF_ERROR(tools_.fs.MakeDirs(layout_.Locks()));
  SweepLocks(tools_.fs, layout_.Locks());
  std::unique_ptr<fs::FileLock> lock;
  if (options_.adopt) {
    auto locked = fs::FileLock::TryLock(layout_.Lock());
    if (absl::IsUnavailable(locked.status())) {
      return absl::FailedPreconditionError(absl::StrCat("another agent uses ", options_.data_dir));
    }
    if (!locked.ok()) return locked.status();
    lock = *std::move(locked);
    AdoptSpooled();
  }
  auto on_drain = drain.OnStop([wakeup = wakeup_] { wakeup->Notify(); });
  auto on_stop = stop.OnStop([wakeup = wakeup_, give_up = bench_.give_up]() mutable {
    give_up.Stop();
    wakeup->Notify();
  });
  auto summary = Loop(drain, stop);
  if (!summary.ok()) {
    bench_.give_up.Stop();
    EndAll(EndReason::kPreempt);
    return summary;
  }
  Farewell();
  return summary;
}

}  // namespace expq::agent
