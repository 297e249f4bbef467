// What a scheduler keeps of each project, and where (all paths are made here):
//
//   <data>/scheduler.db              the queue
//   <data>/lock                      held by the scheduler that serves this folder
//   <data>/logs/…                    experiment::LogLayout
//   <data>/projects/<name>.git       bare repository: snapshots, submissions, results
//   <data>/projects/<name>.cache     DVC cache, unless one folder was given for all
//   <data>/projects/<name>.hashes    its hash index
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/blob/cache.h"
#include "common/fs/filesystem.h"
#include "common/sync/sync.h"
#include "scheduler/recovery/rebuild.h"

namespace expq::rpc {

class DataLayout {
 public:
  DataLayout(std::string data_dir, std::string cache_dir) : data_(std::move(data_dir)), cache_(std::move(cache_dir)) {}
  std::string Database() const { return data_ + "/scheduler.db"; }
  std::string Lock() const { return data_ + "/lock"; }
  std::string Logs() const { return data_ + "/logs"; }
  std::string Projects() const { return data_ + "/projects"; }
  std::string Repository(const std::string& project) const { return Projects() + "/" + project + ".git"; }
  std::string Cache(const std::string& project) const {
    return cache_.empty() ? Projects() + "/" + project + ".cache" : cache_;
  }
  std::string HashIndex(const std::string& project) const { return Projects() + "/" + project + ".hashes"; }

 private:
  std::string data_;
  std::string cache_;
};

// OK for letters, digits, '.', '_' and '-', not starting with '.' or '-', at most 100: it becomes a folder's name.
absl::Status CheckProjectName(absl::string_view name);

// Those whose repositories are there.
absl::StatusOr<std::vector<recovery::Project>> ListProjects(const fs::FileReader& fs, const DataLayout& layout);

// The caches of all projects behind one interface. Thread-safe.
class ProjectBlobs : public blob::BlobStore {
 public:
  ProjectBlobs(fs::Filesystem& fs, DataLayout layout) : fs_(fs), layout_(std::move(layout)) {}
  ~ProjectBlobs() override;
  absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                      const std::vector<digest::Digest>& digests) override;
  absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSource& bytes) override;
  absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSink& sink) override;

 private:
  struct Open {
    Open(fs::Filesystem& fs, const std::string& root, const std::string& index_file)
        : index(fs, index_file), cache(fs, root, index) {}
    blob::HashIndex index;
    blob::Cache cache;
  };
  absl::StatusOr<blob::Cache*> CacheOf(const experiment::ProjectName& project);

  fs::Filesystem& fs_;
  const DataLayout layout_;
  sync::Mutex mutex_;
  std::map<std::string, std::unique_ptr<Open>> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace expq::rpc
