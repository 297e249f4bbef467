#include "scheduler/store/sqlite_rows.h"

#include <utility>

#include "common/status/status.h"
#include "scheduler/store/packing.h"

namespace expq::store {
namespace {

using core::Entry;
using core::Session;

template <typename Enum>
Enum ReadEnum(Statement& statement) {
  return static_cast<Enum>(statement.Number());
}

template <typename Enum>
int64_t Number(Enum value) {
  return static_cast<int64_t>(value);
}

}  // namespace

PackedEntry::PackedEntry(const Entry& entry)
    : gpu_ids(PackList(entry.gpu_ids)), properties(PackMap(entry.properties)) {}

void BindFixed(Statement& statement, const Entry& e, const std::string& need, const std::string& spec) {
  statement.Bind(e.sequence).Bind(e.id.value).Bind(e.project.value).Bind(e.submission.value).Bind(e.baseline.value);
  statement.Bind(PackTime(e.created)).BindBlob(need).BindBlob(spec).Bind(e.name);
}

void BindChanging(Statement& statement, const Entry& e, const PackedEntry& packed) {
  statement.Bind(Number(e.state)).Bind(int64_t{e.ready}).Bind(int64_t{e.priority});
  statement.Bind(int64_t{e.attempt == 0}).Bind(int64_t{e.attempt}).Bind(int64_t{e.suspect}).Bind(int64_t{e.losses});
  statement.Bind(int64_t{e.failures}).Bind(int64_t{e.cancel_requested}).Bind(Number(e.cause)).Bind(e.session.value);
  statement.Bind(e.agent).BindBlob(packed.gpu_ids).Bind(e.stage).Bind(e.error).Bind(e.workspace).Bind(e.revision.value);
  statement.Bind(PackTime(e.started)).Bind(PackTime(e.finished)).BindBlob(packed.properties);
  statement.Bind(e.params_json).Bind(e.metrics_json);
}

absl::Status ReadEntry(Statement& s, Entry& e) {
  e.sequence = s.Number();
  e.id.value = s.Text();
  e.project.value = s.Text();
  e.submission.value = s.Text();
  e.baseline.value = s.Text();
  e.created = UnpackTime(s.Number());
  RETURN_IF_ERROR(UnpackNeed(s.TextView(), e.need));
  RETURN_IF_ERROR(UnpackSpec(s.TextView(), e));
  e.name = s.Text();
  e.state = ReadEnum<experiment::State>(s);
  e.ready = s.Number() != 0;
  e.priority = static_cast<int>(s.Number());
  s.Number();  // fresh: attempt == 0, for the index
  e.attempt = static_cast<int>(s.Number());
  e.suspect = s.Number() != 0;
  e.losses = static_cast<int>(s.Number());
  e.failures = static_cast<int>(s.Number());
  e.cancel_requested = s.Number() != 0;
  e.cause = ReadEnum<experiment::Cause>(s);
  e.session.value = s.Text();
  e.agent = s.Text();
  RETURN_IF_ERROR(UnpackList(s.TextView(), e.gpu_ids));
  e.stage = s.Text();
  e.error = s.Text();
  e.workspace = s.Text();
  e.revision.value = s.Text();
  e.started = UnpackTime(s.Number());
  e.finished = UnpackTime(s.Number());
  RETURN_IF_ERROR(UnpackMap(s.TextView(), e.properties));
  e.params_json = s.Text();
  e.metrics_json = s.Text();
  return absl::OkStatus();
}

absl::Status ReadEntries(Statement& statement, std::vector<Entry>& out) {
  while (true) {
    ASSIGN_OR_RETURN(bool row, statement.Step());
    if (!row) break;
    RETURN_IF_ERROR(ReadEntry(statement, out.emplace_back()));
  }
  statement.Reset();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Session>> ReadSessions(Statement& statement) {
  std::vector<Session> sessions;
  while (true) {
    ASSIGN_OR_RETURN(bool row, statement.Step());
    if (!row) return sessions;
    ASSIGN_OR_RETURN(Session session, ReadSession(statement));
    sessions.push_back(std::move(session));
  }
}

absl::StatusOr<Session> ReadSession(Statement& s) {
  Session session;
  session.id.value = s.Text();
  session.agent = s.Text();
  session.state = ReadEnum<core::SessionState>(s);
  session.draining = s.Number() != 0;
  session.drain_requested = s.Number() != 0;
  session.boot = s.Text();
  session.lease_until = absl::Nanoseconds(s.Number());
  session.last_seen = UnpackTime(s.Number());
  std::vector<std::string> projects;
  RETURN_IF_ERROR(UnpackList(s.TextView(), projects));
  for (std::string& project : projects) session.projects.push_back({std::move(project)});
  RETURN_IF_ERROR(UnpackOffer(s.TextView(), session.total));
  RETURN_IF_ERROR(UnpackOffer(s.TextView(), session.free));
  return session;
}

}  // namespace expq::store
