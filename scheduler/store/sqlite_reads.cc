#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "scheduler/store/packing.h"
#include "scheduler/store/sqlite_rows.h"
#include "scheduler/store/sqlite_view.h"

namespace expq::store {

using core::Entry;
using core::Session;
using experiment::ExperimentId;
using experiment::ProjectName;
using experiment::State;

#define EXPQ_SELECT_ENTRY "SELECT " EXPQ_ENTRY_COLUMNS " FROM experiment "

absl::StatusOr<std::vector<Entry>> SqliteView::Load(const std::vector<ExperimentId>& ids) {
  std::vector<Entry> entries;
  entries.reserve(ids.size());
  Statement statement = connection_.Prepare(EXPQ_SELECT_ENTRY "WHERE id = ?");
  for (const ExperimentId& id : ids) {
    statement.Bind(id.value);
    RETURN_IF_ERROR(ReadEntries(statement, entries));
  }
  return entries;
}

absl::StatusOr<std::vector<Entry>> SqliteView::LoadProject(const ProjectName& project,
                                                           const std::vector<State>& states) {
  // One pass over the table: a filter by state saves reading rows, not finding them.
  int64_t wanted = 0;
  for (State state : states) wanted |= int64_t{1} << static_cast<int>(state);
  if (states.empty()) wanted = -1;
  std::vector<Entry> entries;
  Statement statement =
      connection_.Prepare(EXPQ_SELECT_ENTRY "WHERE project = ? AND ((? >> state) & 1) = 1 ORDER BY sequence");
  statement.Bind(project.value).Bind(wanted);
  RETURN_IF_ERROR(ReadEntries(statement, entries));
  return entries;
}

absl::StatusOr<std::vector<Entry>> SqliteView::LoadNamed(const ProjectName& project, const std::string& name) {
  std::vector<Entry> entries;
  // "+": found by the index of names, then sorted.
  Statement statement = connection_.Prepare(EXPQ_SELECT_ENTRY "WHERE project = ? AND name = ? ORDER BY +sequence");
  statement.Bind(project.value).Bind(name);
  RETURN_IF_ERROR(ReadEntries(statement, entries));
  return entries;
}

absl::StatusOr<std::vector<Entry>> SqliteView::LoadKeys(const ProjectName& project, const std::vector<NameKey>& keys) {
  std::vector<Entry> entries;
  Statement statement = connection_.Prepare(EXPQ_SELECT_ENTRY "WHERE project = ? AND name = ? AND baseline = ?");
  for (const NameKey& key : keys) {
    statement.Bind(project.value).Bind(key.name).Bind(key.baseline.value);
    RETURN_IF_ERROR(ReadEntries(statement, entries));
  }
  return entries;
}

absl::StatusOr<std::vector<Entry>> SqliteView::LoadPrefix(const ProjectName& project, const std::string& prefix,
                                                          int limit) {
  // 'g' sorts after every hex digit. "+project": the prefix is the better index.
  std::string end = absl::StrCat(prefix, "g");
  std::vector<Entry> entries;
  Statement by_id = connection_.Prepare(EXPQ_SELECT_ENTRY "WHERE id >= ? AND id < ? AND +project = ? LIMIT ?");
  by_id.Bind(prefix).Bind(end).Bind(project.value).Bind(int64_t{limit});
  RETURN_IF_ERROR(ReadEntries(by_id, entries));
  Statement by_revision = connection_.Prepare(
      EXPQ_SELECT_ENTRY "WHERE revision <> '' AND revision >= ? AND revision < ? AND +project = ? LIMIT ?");
  by_revision.Bind(prefix).Bind(end).Bind(project.value).Bind(int64_t{limit});
  RETURN_IF_ERROR(ReadEntries(by_revision, entries));
  return entries;
}

absl::StatusOr<std::vector<Entry>> SqliteView::LoadSubmission(const experiment::SubmissionId& id) {
  std::vector<Entry> entries;
  Statement statement = connection_.Prepare(EXPQ_SELECT_ENTRY "WHERE submission = ? ORDER BY sequence");
  statement.Bind(id.value);
  RETURN_IF_ERROR(ReadEntries(statement, entries));
  return entries;
}

absl::StatusOr<std::vector<Entry>> SqliteView::LoadHeld(const experiment::SessionId& session) {
  std::vector<Entry> entries;
  Statement statement = connection_.Prepare(EXPQ_SELECT_ENTRY "WHERE session = ? AND state = 1 ORDER BY sequence");
  statement.Bind(session.value);
  RETURN_IF_ERROR(ReadEntries(statement, entries));
  return entries;
}

absl::StatusOr<std::vector<Entry>> SqliteView::LoadQueue(const ProjectName& project, const experiment::Resources& need,
                                                         int limit) {
  std::vector<Entry> entries;
  std::string packed = PackNeed(need);
  Statement statement = connection_.Prepare(EXPQ_SELECT_ENTRY
                                            "WHERE need = ? AND project = ? AND state = 0 AND ready = 1 "
                                            "ORDER BY priority DESC, fresh, sequence LIMIT ?");
  statement.BindBlob(packed).Bind(project.value).Bind(int64_t{limit});
  RETURN_IF_ERROR(ReadEntries(statement, entries));
  return entries;
}

absl::StatusOr<std::vector<std::string>> SqliteView::Names(const ProjectName& project) {
  std::vector<std::string> names;
  Statement statement = connection_.Prepare("SELECT name FROM experiment WHERE project = ? ORDER BY name");
  statement.Bind(project.value);
  while (true) {
    ASSIGN_OR_RETURN(bool row, statement.Step());
    if (!row) return names;
    names.push_back(statement.Text());
  }
}

absl::StatusOr<std::optional<SubmissionRow>> SqliteView::FindSubmission(const experiment::SubmissionId& id) {
  Statement statement = connection_.Prepare("SELECT project, commit_id, created FROM submission WHERE id = ?");
  statement.Bind(id.value);
  ASSIGN_OR_RETURN(bool row, statement.Step());
  if (!row) return std::nullopt;
  SubmissionRow submission{.id = id, .project = {}, .commit = {}, .created = {}};
  submission.project.value = statement.Text();
  submission.commit.value = statement.Text();
  submission.created = UnpackTime(statement.Number());
  return submission;
}

absl::StatusOr<std::vector<Tally>> SqliteView::Tallies() {
  std::vector<Tally> tallies;
  Statement statement = connection_.Prepare("SELECT project, need, state, count FROM tally WHERE count <> 0");
  while (true) {
    ASSIGN_OR_RETURN(bool row, statement.Step());
    if (!row) return tallies;
    Tally tally;
    tally.project.value = statement.Text();
    RETURN_IF_ERROR(UnpackNeed(statement.TextView(), tally.need));
    tally.state = static_cast<State>(statement.Number());
    tally.count = statement.Number();
    tallies.push_back(std::move(tally));
  }
}

absl::StatusOr<std::vector<Session>> SqliteView::Sessions() {
  Statement statement = connection_.Prepare("SELECT " EXPQ_SESSION_COLUMNS " FROM session ORDER BY rowid");
  return ReadSessions(statement);
}

absl::StatusOr<std::vector<Session>> SqliteView::AliveSessions() {
  Statement statement =
      connection_.Prepare("SELECT " EXPQ_SESSION_COLUMNS " FROM session WHERE state = 0 ORDER BY rowid");
  return ReadSessions(statement);
}

absl::StatusOr<std::vector<Session>> SqliteView::DueSessions(const std::string& boot, absl::Duration steady) {
  Statement statement = connection_.Prepare(
      "SELECT " EXPQ_SESSION_COLUMNS " FROM session WHERE state = 0 AND (boot <> ? OR lease_until < ?) ORDER BY rowid");
  statement.Bind(boot).Bind(absl::ToInt64Nanoseconds(steady));
  return ReadSessions(statement);
}

absl::StatusOr<std::optional<Session>> SqliteView::FindSession(const experiment::SessionId& id) {
  Statement statement = connection_.Prepare("SELECT " EXPQ_SESSION_COLUMNS " FROM session WHERE id = ?");
  statement.Bind(id.value);
  ASSIGN_OR_RETURN(bool row, statement.Step());
  if (!row) return std::nullopt;
  ASSIGN_OR_RETURN(Session session, ReadSession(statement));
  return session;
}

absl::StatusOr<std::vector<experiment::Event>> SqliteView::Events(const ProjectName& project, int64_t after,
                                                                  int limit) {
  std::vector<experiment::Event> events;
  Statement statement = connection_.Prepare(
      "SELECT sequence, experiment, name, what, detail, at FROM event WHERE sequence > ? AND project = ? "
      "ORDER BY sequence LIMIT ?");
  statement.Bind(after).Bind(project.value).Bind(int64_t{limit});
  while (true) {
    ASSIGN_OR_RETURN(bool row, statement.Step());
    if (!row) return events;
    experiment::Event event;
    event.sequence = statement.Number();
    event.experiment.value = statement.Text();
    event.name = statement.Text();
    event.what = statement.Text();
    event.detail = statement.Text();
    event.at = UnpackTime(statement.Number());
    events.push_back(std::move(event));
  }
}

absl::StatusOr<int64_t> SqliteView::LastEvent() { return connection_.QueryNumber("SELECT max(sequence) FROM event"); }

absl::StatusOr<bool> SqliteView::Remembers(const ExperimentId& id) {
  Statement statement = connection_.Prepare("SELECT 1 FROM event WHERE experiment = ? LIMIT 1");
  return statement.Bind(id.value).Step();
}

}  // namespace expq::store
