#include "scheduler/recovery/rebuild.h"

#include <iterator>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/git/repository.h"
#include "common/status/status.h"
#include "scheduler/recovery/submissions.h"
#include "scheduler/store/sqlite_files.h"
#include "scheduler/store/sqlite_store.h"

namespace expq::recovery {
namespace {

void Add(scheduler::Imported more, scheduler::Imported* all) {
  all->queued += more.queued;
  all->succeeded += more.succeeded;
  std::move(more.skipped.begin(), more.skipped.end(), std::back_inserter(all->skipped));
}

absl::StatusOr<scheduler::Imported> ImportAll(const RebuildTools& tools, const std::string& database,
                                              const std::string& log_dir, const std::vector<Project>& projects) {
  ASSIGN_OR_RETURN(const std::unique_ptr<store::Store> store, store::OpenSqlite(database));
  scheduler::Scheduler scheduler(*store, tools.clock, tools.random, tools.records, tools.blobs, {.log_dir = log_dir});
  scheduler::Imported all;
  for (const Project& project : projects) {
    auto imported = ImportOrphans(scheduler, project);
    if (!imported.ok()) return status::Annotate(imported.status(), absl::StrCat("project ", project.name.value));
    Add(*std::move(imported), &all);
  }
  return all;
}

// The database with what belongs to it; "" when nothing was there. A write-ahead log must go even where its database is
// gone: SQLite would play it into the new one.
absl::StatusOr<std::string> MoveAside(const RebuildTools& tools, const std::string& database) {
  const std::string stamp = absl::FormatTime("%Y%m%dT%H%M%SZ", tools.clock.Now(), absl::UTCTimeZone());
  std::string aside = absl::StrCat(database, ".before-", stamp);
  if (tools.fs.Lstat(aside).ok()) absl::StrAppend(&aside, "-", random::HexId(tools.random, 4));
  bool moved_any = false;
  for (const char* part : {"-wal", "-shm", ""}) {
    const absl::Status moved = tools.fs.Rename(database + part, aside + part);
    if (!moved.ok() && !absl::IsNotFound(moved)) return moved;
    moved_any = moved_any || moved.ok();
  }
  return moved_any ? aside : "";
}

}  // namespace

absl::StatusOr<scheduler::Imported> ImportOrphans(scheduler::Scheduler& scheduler, const Project& project,
                                                  absl::Time before) {
  ASSIGN_OR_RETURN(const auto repository, git::Repository::Open(project.repository));
  ASSIGN_OR_RETURN(const auto submissions, ListSubmissions(*repository));
  std::vector<experiment::SubmissionId> ids;
  for (const auto& [id, commit] : submissions) ids.push_back(id);
  ASSIGN_OR_RETURN(ids, scheduler.Unknown(ids));
  if (ids.empty()) return scheduler::Imported();
  std::vector<core::Recorded> recorded;
  std::vector<std::string> skipped;
  for (const experiment::SubmissionId& id : ids) {
    auto read = ReadSubmission(*repository, id, submissions.at(id));
    if (!read.ok()) {
      skipped.push_back(std::string(read.status().message()));
    } else if (read->created < before) {
      recorded.push_back(*std::move(read));
    }
  }
  ASSIGN_OR_RETURN(scheduler::Imported imported, scheduler.Import(project.name, std::move(recorded)));
  Add({.skipped = std::move(skipped)}, &imported);
  return imported;
}

absl::StatusOr<Rebuilt> Rebuild(const RebuildTools& tools, const std::string& database, const std::string& log_dir,
                                const std::vector<Project>& projects) {
  // Made beside, then copied: the copy is one file, whole and without a log.
  const std::string draft = fs::TemporaryName(database);
  const std::string finished = absl::StrCat(draft, "-whole");
  const absl::Cleanup sweep = [&] {
    for (const char* part : {"", "-wal", "-shm", "-whole", "-whole-journal"})
      tools.fs.Remove(draft + part).IgnoreError();
  };
  Rebuilt rebuilt;
  ASSIGN_OR_RETURN(rebuilt.imported, ImportAll(tools, draft, log_dir, projects));
  RETURN_IF_ERROR(store::CopySqlite(draft, finished));
  RETURN_IF_ERROR(tools.fs.Sync(finished));
  ASSIGN_OR_RETURN(rebuilt.aside, MoveAside(tools, database));
  RETURN_IF_ERROR(tools.fs.Rename(finished, database));
  RETURN_IF_ERROR(tools.fs.Sync(fs::Dirname(database)));
  return rebuilt;
}

}  // namespace expq::recovery
