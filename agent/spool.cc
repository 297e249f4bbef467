#include "agent/spool.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/record.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "common/status/status.h"

namespace expq::agent {

namespace {

std::string StartedText(absl::Duration started) {
  return absl::StrCat(clock::BootId(), " ", absl::ToInt64Nanoseconds(started), "\n");
}

std::optional<absl::Duration> ParseStarted(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(text), absl::MaxSplits(' ', 1));
  int64_t nanoseconds = 0;
  if (parts.first != clock::BootId() || !absl::SimpleAtoi(parts.second, &nanoseconds)) return std::nullopt;
  return absl::Nanoseconds(nanoseconds);
}

}  // namespace

absl::Status Spool::SaveAssignment(const experiment::Assignment& assignment, absl::Duration started) {
  if (!enabled_) return absl::OkStatus();
  std::string dir = layout_.AttemptDir({assignment.experiment.id, assignment.attempt});
  RETURN_IF_ERROR(fs_.MakeDirs(dir));
  // A power cut may lose it: after the next boot it means nothing anyway.
  RETURN_IF_ERROR(fs_.Write(dir + "/started", StartedText(started), fs::Durability::kAtomic));
  return fs_.Write(dir + "/assignment", EncodeAssignment(assignment), fs::Durability::kDurable);
}

absl::Status Spool::SaveOutcome(const AttemptKey& key, const experiment::Outcome& outcome) {
  if (!enabled_) return absl::OkStatus();
  std::string dir = layout_.AttemptDir(key);
  RETURN_IF_ERROR(fs_.MakeDirs(dir));
  return fs_.Write(dir + "/outcome", EncodeOutcome(outcome), fs::Durability::kDurable);
}

void Spool::Forget(const AttemptKey& key) {
  if (!enabled_) return;
  absl::Status removed = fs_.RemoveTree(layout_.AttemptDir(key));
  // Reported again after a restart, and dropped again.
  if (!removed.ok()) log::Warning(absl::StrCat("attempt ", key.Text(), " stays in the spool: ", removed.message()));
}

std::vector<SpooledAttempt> Spool::Load() {
  std::vector<SpooledAttempt> attempts;
  auto entries = enabled_ ? fs_.List(layout_.Attempts()) : std::vector<fs::DirEntry>();
  if (!entries.ok()) return attempts;
  for (const fs::DirEntry& entry : *entries) {
    std::string dir = fs::Join(layout_.Attempts(), entry.name);
    auto text = fs_.Read(dir + "/assignment");
    auto assignment = text.ok() ? DecodeAssignment(*text) : text.status();
    if (!assignment.ok()) {
      log::Warning(absl::StrCat("spooled attempt ", entry.name, " is forgotten: ", assignment.status().message()));
      fs_.RemoveTree(dir).IgnoreError();
      continue;
    }
    SpooledAttempt attempt{*std::move(assignment), std::nullopt, std::nullopt};
    auto started_text = fs_.Read(dir + "/started");
    if (started_text.ok()) attempt.started = ParseStarted(*started_text);
    auto outcome_text = fs_.Read(dir + "/outcome");
    auto outcome = outcome_text.ok() ? DecodeOutcome(*outcome_text) : outcome_text.status();
    if (outcome.ok()) attempt.outcome = *std::move(outcome);
    attempts.push_back(std::move(attempt));
  }
  return attempts;
}

}  // namespace expq::agent
