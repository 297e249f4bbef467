#include "scheduler/books.h"

#include <utility>

#include "common/status/status.h"

namespace expq::scheduler {

using core::Entry;
using experiment::State;

void Books::Change(const Entry& before, Entry after, absl::string_view what, std::string detail) {
  if (!what.empty()) Tell(after, what, std::move(detail));
  if (after.state == State::kSucceeded && before.state != State::kSucceeded) succeeded_.push_back(after.id);
  changes_.push_back({.from = before.state, .entry = std::move(after)});
}

void Books::Tell(const Entry& entry, absl::string_view what, std::string detail) {
  store::EventRow row;
  row.project = entry.project;
  row.event.experiment = entry.id;
  row.event.name = entry.name;
  row.event.what = std::string(what);
  row.event.detail = std::move(detail);
  row.event.at = now_;
  events_.push_back(std::move(row));
}

absl::Status Books::Write() {
  if (!changes_.empty()) RETURN_IF_ERROR(rows_.Update(changes_));
  if (!succeeded_.empty()) RETURN_IF_ERROR(rows_.Release(succeeded_).status());
  if (!events_.empty()) RETURN_IF_ERROR(rows_.Append(events_));
  told_ = told_ || !events_.empty();
  changes_.clear();
  events_.clear();
  succeeded_.clear();
  return absl::OkStatus();
}

absl::string_view WhatHappened(const Entry& after) {
  return after.state == State::kQueued ? "requeued" : Name(after.state);
}

}  // namespace expq::scheduler
