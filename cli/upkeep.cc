#include "cli/upkeep.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/connection.h"
#include "cli/data_folder.h"
#include "cli/dvc_config.h"
#include "cli/local_layout.h"
#include "cli/place.h"
#include "cli/session.h"
#include "common/git/stores.h"
#include "common/status/status.h"
#include "scheduler/recovery/check.h"
#include "scheduler/recovery/rebuild.h"
#include "scheduler/rpc/projects.h"
#include "scheduler/rpc/serve.h"
#include "scheduler/store/sqlite_files.h"
#include "scheduler/store/sqlite_store.h"

namespace expq::cli {
namespace {

// A queue as files.
class Queue {
 public:
  virtual ~Queue() = default;
  virtual std::string Database() const = 0;
  virtual std::string Logs() const = 0;
  virtual absl::StatusOr<std::vector<recovery::Project>> Projects() const = 0;
  virtual git::RepositoryOf Repositories() const = 0;
  virtual blob::BlobStore& blobs() = 0;
  // Held while it must not be used.
  virtual absl::StatusOr<std::unique_ptr<fs::FileLock>> Close() const = 0;
  // What a person types to make it anew.
  virtual std::string RebuildCommand() const = 0;
};

// This repository's own.
class LocalQueue : public Queue {
 public:
  static absl::StatusOr<std::unique_ptr<Queue>> Open(const Context& context, Place place) {
    const LocalLayout layout(place.repository->common_dir());
    ASSIGN_OR_RETURN(CacheSettings settings,
                     ReadCacheSettings(context.fs, context.environment, place.dvc_root, layout.Cache()));
    return std::make_unique<LocalQueue>(context, std::move(place), settings.dir);
  }
  LocalQueue(const Context& context, Place place, const std::string& cache_dir)
      : context_(context),
        place_(std::move(place)),
        layout_(place_.repository->common_dir()),
        hashes_(context.fs, ""),
        cache_(context.fs, cache_dir, hashes_) {}

  std::string Database() const override { return layout_.Database(); }
  std::string Logs() const override { return layout_.Logs(); }
  absl::StatusOr<std::vector<recovery::Project>> Projects() const override {
    return std::vector<recovery::Project>{{.name = LocalProject(context_), .repository = place_.root}};
  }
  git::RepositoryOf Repositories() const override {
    return [root = place_.root](const experiment::ProjectName&) -> absl::StatusOr<std::string> { return root; };
  }
  blob::BlobStore& blobs() override { return cache_; }
  absl::StatusOr<std::unique_ptr<fs::FileLock>> Close() const override {
    RETURN_IF_ERROR(context_.fs.MakeDirs(layout_.Sessions()));
    ASSIGN_OR_RETURN(const auto sessions, context_.fs.List(layout_.Sessions()));
    for (const fs::DirEntry& entry : sessions) {
      const experiment::SessionId id{std::string(absl::StripSuffix(entry.name, ".lock"))};
      if (!absl::EndsWith(entry.name, ".lock") || !SessionAlive(context_.fs, layout_, id)) continue;
      return status::WithHint(absl::FailedPreconditionError("experiments are running here"),
                              "end expq run-all first: Ctrl-C lets what runs come to its end");
    }
    return nullptr;
  }
  std::string RebuildCommand() const override { return "expq scheduler rebuild"; }

 private:
  const Context& context_;
  const Place place_;
  const LocalLayout layout_;
  blob::HashIndex hashes_;
  blob::Cache cache_;
};

// A scheduler's.
class DataQueue : public Queue {
 public:
  DataQueue(const Context& context, const std::string& data_dir, const std::string& cache_dir)
      : context_(context), data_dir_(data_dir), layout_(data_dir, cache_dir), blobs_(context.fs, layout_) {}

  std::string Database() const override { return layout_.Database(); }
  std::string Logs() const override { return layout_.Logs(); }
  absl::StatusOr<std::vector<recovery::Project>> Projects() const override {
    return rpc::ListProjects(context_.fs, layout_);
  }
  git::RepositoryOf Repositories() const override {
    return [layout = layout_](const experiment::ProjectName& project) -> absl::StatusOr<std::string> {
      return layout.Repository(project.value);
    };
  }
  blob::BlobStore& blobs() override { return blobs_; }
  absl::StatusOr<std::unique_ptr<fs::FileLock>> Close() const override { return rpc::LockData(context_.fs, data_dir_); }
  std::string RebuildCommand() const override { return absl::StrCat("expq scheduler rebuild --data ", data_dir_); }

 private:
  const Context& context_;
  const std::string data_dir_;
  const rpc::DataLayout layout_;
  rpc::ProjectBlobs blobs_;
};

absl::StatusOr<std::unique_ptr<Queue>> OpenQueue(const Context& context, const UpkeepOptions& options) {
  if (options.data_dir.empty()) {
    auto place = FindPlace(context);
    if (place.ok()) return LocalQueue::Open(context, *std::move(place));
  }
  if (!context.globals.project.empty()) {
    return status::WithHint(absl::InvalidArgumentError("--project: a scheduler's queue is one for all its projects"),
                            "leave it out");
  }
  const std::string data_dir = DataFolder(context, options.data_dir, "scheduler");
  if (!context.fs.Exists(rpc::DataLayout(data_dir, "").Projects())) {
    return status::WithHint(absl::NotFoundError(absl::StrCat(data_dir, ": no scheduler has ever served it")),
                            "name its folder with --data, or go into a repository for its own queue");
  }
  const std::string cache_dir = options.cache_dir.empty() ? "" : fs::Join(context.cwd, options.cache_dir);
  return std::make_unique<DataQueue>(context, data_dir, cache_dir);
}

// What is wrong with the file; whether it can be read at all.
struct FileCheck {
  std::vector<std::string> problems;
  std::unique_ptr<store::Store> store;
};

FileCheck CheckFile(const Context& context, const std::string& database) {
  FileCheck check;
  const bool exists = context.fs.Exists(database);
  if (exists) {
    auto found = store::CheckSqlite(database);
    if (found.ok()) {
      for (const std::string& line : *found) check.problems.push_back(absl::StrCat(database, ": ", line));
    } else {
      check.problems.push_back(std::string(found.status().message()));
    }
  }
  if (!check.problems.empty()) return check;
  // An absent one reads as an empty one.
  auto store = store::OpenSqlite(exists ? database : ":memory:", {.must_exist = exists});
  if (store.ok()) {
    check.store = *std::move(store);
  } else {
    check.problems.push_back(std::string(store.status().message()));
  }
  return check;
}

bool IsSameFile(const fs::FileReader& fs, const std::string& a, const std::string& b) {
  const auto first = fs.Stat(a), second = fs.Stat(b);
  return first.ok() && second.ok() && first->device == second->device && first->inode == second->inode;
}

}  // namespace

absl::StatusOr<ExitCode> RebuildQueue(Context& context, const UpkeepOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Queue> queue, OpenQueue(context, options));
  ASSIGN_OR_RETURN(const std::unique_ptr<fs::FileLock> lock, queue->Close());
  ASSIGN_OR_RETURN(const std::vector<recovery::Project> projects, queue->Projects());
  git::LocalRecords records(queue->Repositories());
  const recovery::RebuildTools tools{
      .fs = context.fs, .clock = context.clock, .random = context.random, .records = records, .blobs = queue->blobs()};
  ASSIGN_OR_RETURN(const recovery::Rebuilt rebuilt,
                   recovery::Rebuild(tools, queue->Database(), queue->Logs(), projects));
  for (const std::string& line : rebuilt.imported.skipped) context.terminal.Talk(absl::StrCat("left out: ", line));
  if (!rebuilt.aside.empty()) context.terminal.Talk(absl::StrCat("the old database is now ", rebuilt.aside));
  context.terminal.Out(absl::StrCat("rebuilt ", queue->Database(), ": ", rebuilt.imported.succeeded, " succeeded, ",
                                    rebuilt.imported.queued, " queued\n"));
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> CheckQueue(Context& context, const UpkeepOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Queue> queue, OpenQueue(context, options));
  FileCheck file = CheckFile(context, queue->Database());
  std::vector<std::string> problems = std::move(file.problems);
  if (file.store != nullptr) {
    ASSIGN_OR_RETURN(const std::vector<recovery::Project> projects, queue->Projects());
    ASSIGN_OR_RETURN(problems, recovery::Check(*file.store, projects));
  }
  for (const std::string& problem : problems) context.terminal.Out(absl::StrCat(problem, "\n"));
  if (problems.empty()) {
    context.terminal.Talk(absl::StrCat(queue->Database(), ": no problems"));
    return ExitCode::kDone;
  }
  context.terminal.Error(absl::StrCat("hint: ", queue->RebuildCommand(), " makes the queue anew from git's refs"));
  return ExitCode::kFailed;
}

absl::StatusOr<ExitCode> BackUpQueue(Context& context, const UpkeepOptions& options, const std::string& file) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Queue> queue, OpenQueue(context, options));
  const std::string database = queue->Database();
  if (!context.fs.Exists(database)) return absl::NotFoundError(absl::StrCat(database, ": there is no queue yet"));
  const std::string target = fs::Normalize(fs::Join(context.cwd, file));
  if (IsSameFile(context.fs, database, target)) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": that is the database itself"));
  }
  if (context.fs.Exists(target) && context.fs.Stat(target)->kind != fs::Kind::kFile) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": not a file"));
  }
  const std::string draft = fs::TemporaryName(target);
  const absl::Cleanup sweep = [&] {
    for (const char* part : {"", "-journal"}) context.fs.Remove(draft + part).IgnoreError();
  };
  RETURN_IF_ERROR(store::CopySqlite(database, draft));
  RETURN_IF_ERROR(context.fs.Sync(draft));
  RETURN_IF_ERROR(context.fs.Rename(draft, target));
  RETURN_IF_ERROR(context.fs.Sync(fs::Dirname(target)));
  context.terminal.Talk(absl::StrCat("backed up ", database, " to ", target));
  return ExitCode::kDone;
}

}  // namespace expq::cli
