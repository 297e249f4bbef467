#include "common/blob/partial_transfer.h"

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/blob/copier.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

const experiment::ProjectName kNoProject("");

class PartialTransfer {
 public:
  PartialTransfer(const TransferRequest& request, BlobStore& from, BlobStore& to)
      : request_(request), from_(from), to_(to), copier_(kNoProject, from, to, request.stop) {}

  absl::StatusOr<TransferReport> Run() {
    for (const TransferRequest::Part& part : request_.parts) RETURN_IF_ERROR(Expand(part));
    RETURN_IF_ERROR(CopyFiles());
    RETURN_IF_ERROR(CopyManifests());
    report_.bytes = copier_.bytes();
    return std::move(report_);
  }

 private:
  struct Folder {
    digest::Digest manifest;
    std::vector<digest::Digest> files;
  };

  // A manifest comes along with a part of its folder: without it the part could not be found again.
  absl::Status Expand(const TransferRequest::Part& part) {
    if (!part.digest.is_dir()) {
      Need(part.digest, part.digest, "");
      return absl::OkStatus();
    }
    const absl::StatusOr<std::vector<ManifestEntry>> entries = copier_.ReadManifest(part.digest);
    if (absl::IsNotFound(entries.status())) {
      report_.absent.push_back({.wanted = part.digest, .relpath = "", .digest = part.digest});
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(entries.status());
    Folder folder{.manifest = part.digest};
    for (const ManifestEntry& entry : *entries) {
      if (!part.within.empty() && !fs::IsWithin(entry.relpath, part.within)) continue;
      Need(entry.digest, part.digest, entry.relpath);
      folder.files.push_back(entry.digest);
    }
    folders_.push_back(std::move(folder));
    return absl::OkStatus();
  }

  void Need(const digest::Digest& digest, const digest::Digest& wanted, const std::string& relpath) {
    if (!origin_.emplace(digest, TransferReport::Absent{wanted, relpath, digest}).second) return;
    files_.push_back(digest);
  }

  absl::Status CopyFiles() {
    ASSIGN_OR_RETURN(const std::vector<digest::Digest> lacking, to_.Missing(kNoProject, files_));
    ASSIGN_OR_RETURN(const std::vector<digest::Digest> absent, from_.Missing(kNoProject, lacking));
    absent_.insert(absent.begin(), absent.end());
    for (const digest::Digest& digest : absent) report_.absent.push_back(origin_.at(digest));
    std::vector<digest::Digest> present;
    for (const digest::Digest& digest : lacking) {
      if (!absent_.contains(digest)) present.push_back(digest);
    }
    RETURN_IF_ERROR(copier_.Copy(present, request_.at_once));
    report_.objects += static_cast<int64_t>(present.size());
    return absl::OkStatus();
  }

  absl::Status CopyManifests() {
    std::vector<digest::Digest> complete;
    absl::flat_hash_set<digest::Digest> seen;
    for (const Folder& folder : folders_) {
      bool all = true;
      for (const digest::Digest& file : folder.files) all = all && !absent_.contains(file);
      if (all && seen.insert(folder.manifest).second) complete.push_back(folder.manifest);
    }
    ASSIGN_OR_RETURN(const std::vector<digest::Digest> lacking, to_.Missing(kNoProject, complete));
    RETURN_IF_ERROR(copier_.Copy(lacking, request_.at_once));
    report_.objects += static_cast<int64_t>(lacking.size());
    return absl::OkStatus();
  }

  const TransferRequest& request_;
  BlobStore& from_;
  BlobStore& to_;
  Copier copier_;
  std::vector<Folder> folders_;
  std::vector<digest::Digest> files_;
  absl::flat_hash_map<digest::Digest, TransferReport::Absent> origin_;  // why each is needed
  absl::flat_hash_set<digest::Digest> absent_;
  TransferReport report_;
};

}  // namespace

absl::StatusOr<TransferReport> TransferPresent(const TransferRequest& request, BlobStore& from, BlobStore& to) {
  return PartialTransfer(request, from, to).Run();
}

}  // namespace expq::blob
