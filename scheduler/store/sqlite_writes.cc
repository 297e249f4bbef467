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
using experiment::State;

absl::Status SqliteView::Apply(const TallyChange& change) {
  Statement statement = connection_.Prepare(
      "INSERT INTO tally (project, need, state, count) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (project, need, state) DO UPDATE SET count = count + excluded.count");
  for (const auto& [key, by] : change) {
    const auto& [project, need, state] = key;
    if (by == 0) continue;
    RETURN_IF_ERROR(statement.Bind(project).BindBlob(need).Bind(int64_t{state}).Bind(by).Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteView::Insert(const SubmissionRow& submission) {
  return connection_.Prepare("INSERT INTO submission (id, project, commit_id, created) VALUES (?, ?, ?, ?)")
      .Bind(submission.id.value)
      .Bind(submission.project.value)
      .Bind(submission.commit.value)
      .Bind(PackTime(submission.created))
      .Run();
}

absl::Status SqliteView::Insert(std::vector<Entry>& entries) {
  ASSIGN_OR_RETURN(int64_t last, connection_.QueryNumber("SELECT value FROM counter WHERE name = 'experiment'"));
  Statement statement =
      connection_.Prepare("INSERT INTO experiment (" EXPQ_ENTRY_COLUMNS
                          ") VALUES (?,?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  TallyChange tally;
  for (Entry& entry : entries) {
    entry.sequence = ++last;
    std::string need = PackNeed(entry.need);
    std::string spec = PackSpec(entry);
    PackedEntry packed(entry);
    BindFixed(statement, entry, need, spec);
    BindChanging(statement, entry, packed);
    RETURN_IF_ERROR(statement.Run());
    tally[{entry.project.value, std::move(need), static_cast<int>(entry.state)}] += 1;
  }
  RETURN_IF_ERROR(Apply(tally));
  return connection_.Prepare("UPDATE counter SET value = ? WHERE name = 'experiment'").Bind(last).Run();
}

absl::Status SqliteView::Update(const std::vector<Change>& changes) {
  Statement statement = connection_.Prepare("UPDATE experiment SET (" EXPQ_CHANGING_COLUMNS
                                            ") = (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) WHERE sequence = ?");
  TallyChange tally;
  for (const Change& change : changes) {
    const Entry& entry = change.entry;
    PackedEntry packed(entry);
    BindChanging(statement, entry, packed);
    statement.Bind(entry.sequence);
    RETURN_IF_ERROR(statement.Run());
    if (change.from == entry.state) continue;
    std::string need = PackNeed(entry.need);
    tally[{entry.project.value, need, static_cast<int>(change.from)}] -= 1;
    tally[{entry.project.value, need, static_cast<int>(entry.state)}] += 1;
  }
  return Apply(tally);
}

absl::Status SqliteView::Rename(const Entry& entry) {
  return connection_.Prepare("UPDATE experiment SET name = ? WHERE sequence = ?")
      .Bind(entry.name)
      .Bind(entry.sequence)
      .Run();
}

absl::Status SqliteView::Delete(const std::vector<Entry>& entries) {
  Statement statement = connection_.Prepare("DELETE FROM experiment WHERE sequence = ?");
  Statement waits = connection_.Prepare("DELETE FROM dependency WHERE child = ?");
  TallyChange tally;
  for (const Entry& entry : entries) {
    RETURN_IF_ERROR(statement.Bind(entry.sequence).Run());
    RETURN_IF_ERROR(waits.Bind(entry.id.value).Run());
    tally[{entry.project.value, PackNeed(entry.need), static_cast<int>(entry.state)}] -= 1;
  }
  return Apply(tally);
}

absl::Status SqliteView::Block(const std::vector<std::pair<ExperimentId, ExperimentId>>& parent_and_child) {
  Statement statement = connection_.Prepare("INSERT OR IGNORE INTO dependency (parent, child) VALUES (?, ?)");
  for (const auto& [parent, child] : parent_and_child) {
    RETURN_IF_ERROR(statement.Bind(parent.value).Bind(child.value).Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SqliteView::Release(const std::vector<ExperimentId>& parents) {
  // Nearly always nobody waits: one look says so.
  ASSIGN_OR_RETURN(int64_t waiting, connection_.QueryNumber("SELECT EXISTS (SELECT 1 FROM dependency)"));
  if (waiting == 0) return 0;
  Statement children = connection_.Prepare("SELECT child FROM dependency WHERE parent = ?");
  Statement forget = connection_.Prepare("DELETE FROM dependency WHERE parent = ?");
  Statement ready = connection_.Prepare(
      "UPDATE experiment SET ready = 1 WHERE id = ? AND NOT EXISTS (SELECT 1 FROM dependency WHERE child = ?)");
  int64_t released = 0;
  for (const ExperimentId& parent : parents) {
    std::vector<std::string> freed;
    children.Bind(parent.value);
    while (true) {
      ASSIGN_OR_RETURN(bool row, children.Step());
      if (!row) break;
      freed.push_back(children.Text());
    }
    children.Reset();
    RETURN_IF_ERROR(forget.Bind(parent.value).Run());
    for (const std::string& child : freed) {
      int64_t before = connection_.Changes();
      RETURN_IF_ERROR(ready.Bind(child).Bind(child).Run());
      released += connection_.Changes() - before;
    }
  }
  return released;
}

absl::Status SqliteView::Put(const Session& session) {
  std::vector<std::string> names;
  for (const auto& project : session.projects) names.push_back(project.value);
  std::string projects = PackList(names);
  std::string total = PackOffer(session.total);
  std::string free = PackOffer(session.free);
  Statement statement = connection_.Prepare(
      "INSERT INTO session (" EXPQ_SESSION_COLUMNS
      ") VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET (" EXPQ_SESSION_COLUMNS
      ") = (excluded.id, excluded.agent, excluded.state, excluded.draining, excluded.drain_requested, excluded.boot, "
      "excluded.lease_until, excluded.last_seen, excluded.projects, excluded.total, excluded.free)");
  statement.Bind(session.id.value).Bind(session.agent).Bind(static_cast<int64_t>(session.state));
  statement.Bind(int64_t{session.draining}).Bind(int64_t{session.drain_requested}).Bind(session.boot);
  statement.Bind(absl::ToInt64Nanoseconds(session.lease_until)).Bind(PackTime(session.last_seen));
  return statement.BindBlob(projects).BindBlob(total).BindBlob(free).Run();
}

absl::Status SqliteView::Delete(const experiment::SessionId& session) {
  return connection_.Prepare("DELETE FROM session WHERE id = ?").Bind(session.value).Run();
}

absl::Status SqliteView::Append(std::vector<EventRow>& events) {
  ASSIGN_OR_RETURN(int64_t last, LastEvent());
  Statement statement = connection_.Prepare(
      "INSERT INTO event (sequence, project, experiment, name, what, detail, at) VALUES (?,?,?,?,?,?,?)");
  for (EventRow& row : events) {
    experiment::Event& event = row.event;
    event.sequence = ++last;
    statement.Bind(event.sequence).Bind(row.project.value).Bind(event.experiment.value).Bind(event.name);
    RETURN_IF_ERROR(statement.Bind(event.what).Bind(event.detail).Bind(PackTime(event.at)).Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<experiment::SubmissionId>> SqliteView::DeleteEmpty(
    const std::vector<experiment::SubmissionId>& submissions) {
  std::vector<experiment::SubmissionId> deleted;
  Statement statement = connection_.Prepare(
      "DELETE FROM submission WHERE id = ? AND NOT EXISTS (SELECT 1 FROM experiment WHERE submission = ?)");
  for (const auto& id : submissions) {
    int64_t before = connection_.Changes();
    RETURN_IF_ERROR(statement.Bind(id.value).Bind(id.value).Run());
    if (connection_.Changes() > before) deleted.push_back(id);
  }
  return deleted;
}

}  // namespace expq::store
