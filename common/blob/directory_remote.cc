#include "common/blob/directory_remote.h"

#include "common/blob/old_layout.h"
#include "common/blob/parallel.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

// A round trip each on a network file system.
constexpr int kLooksAtOnce = 4;

}  // namespace

std::string DirectoryRemote::ObjectPath(const digest::Digest& digest) const {
  return ObjectPathIn(root_, digest, layout_);
}

absl::StatusOr<std::vector<digest::Digest>> DirectoryRemote::Missing(const experiment::ProjectName&,
                                                                     const std::vector<digest::Digest>& digests) {
  std::vector<char> is_missing(digests.size());
  RETURN_IF_ERROR(ForEach(digests.size(), kLooksAtOnce, [&](size_t i) {
    const absl::Status found = fs_.Stat(ObjectPath(digests[i])).status();
    is_missing[i] = absl::IsNotFound(found);
    return is_missing[i] ? absl::OkStatus() : found;
  }));
  std::vector<digest::Digest> missing;
  for (size_t i = 0; i < digests.size(); ++i) {
    if (is_missing[i]) missing.push_back(digests[i]);
  }
  return missing;
}

absl::Status DirectoryRemote::Put(const experiment::ProjectName&, const digest::Digest& digest,
                                  const experiment::ByteSource& bytes) {
  const std::string path = ObjectPath(digest);
  RETURN_IF_ERROR(MakeFolder(fs_, fs::Dirname(path), group_shared_));
  const std::string temporary = fs::TemporaryName(path);
  absl::Status done = Receive(temporary, digest, bytes);
  if (done.ok()) done = fs_.Sync(temporary);
  if (done.ok()) done = fs_.Chmod(temporary, kObjectMode);
  if (done.ok()) done = fs_.Rename(temporary, path);
  if (!done.ok()) fs_.Remove(temporary).IgnoreError();
  return done;
}

absl::Status DirectoryRemote::Receive(const std::string& temporary, const digest::Digest& digest,
                                      const experiment::ByteSource& bytes) {
  ASSIGN_OR_RETURN(const digest::Digest got, blob::Receive(fs_, temporary, bytes, digest.is_dir()));
  if (got == digest) return absl::OkStatus();
  if (layout_ == Layout::kOld && !digest.is_dir()) {
    ASSIGN_OR_RETURN(const digest::Digest old, OldDigestOf(fs_, temporary));
    if (old == digest) return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat("object ", digest.text(), " came with bytes of digest ", got.text()));
}

absl::Status DirectoryRemote::Get(const experiment::ProjectName&, const digest::Digest& digest,
                                  const experiment::ByteSink& sink) {
  return fs_.ReadStream(ObjectPath(digest), sink);
}

}  // namespace expq::blob
