// A DVC remote that is a folder: this machine's disk, a mounted share, NFS. The layout is that of a cache:
//
//   <root>/files/md5/ab/cdef…[.dir]   an object, mode 0444
//   <root>/ab/cdef…[.dir]             one of DVC 2 (Layout::kOld: such a remote has only these)
//   <root>/runs/ab/<key>/<value>      run cache
//
// Only what every network file system has is asked of it: making a file under a name of its own and renaming it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/blob/objects.h"
#include "common/fs/filesystem.h"

namespace expq::blob {

// Each waits for the disk or for a round trip most of the time.
inline constexpr int kFolderTransfersAtOnce = 16;

// Thread-safe, also between machines: who comes second finds the same bytes. An object has its name only once all its
// bytes are there and have been checked, so that what was interrupted is sent again, and nothing else.
class DirectoryRemote : public BlobStore {
 public:
  // `root` is absolute. `fs` outlives the remote. `group_shared`: its folders belong to the group.
  DirectoryRemote(fs::Filesystem& fs, std::string root, bool group_shared = false, Layout layout = Layout::kCurrent)
      : fs_(fs), root_(std::move(root)), group_shared_(group_shared), layout_(layout) {}

  const std::string& root() const { return root_; }
  bool group_shared() const { return group_shared_; }
  std::string ObjectPath(const digest::Digest& digest) const;

  // An absent root has nothing; one that cannot be looked at is an error.
  absl::StatusOr<std::vector<digest::Digest>> Missing(const experiment::ProjectName& project,
                                                      const std::vector<digest::Digest>& digests) override;
  absl::Status Put(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSource& bytes) override;
  // As they are: the receiver checks them.
  absl::Status Get(const experiment::ProjectName& project, const digest::Digest& digest,
                   const experiment::ByteSink& sink) override;

 private:
  absl::Status Receive(const std::string& temporary, const digest::Digest& digest, const experiment::ByteSource& bytes);

  fs::Filesystem& fs_;
  const std::string root_;
  const bool group_shared_;
  const Layout layout_;
};

}  // namespace expq::blob
