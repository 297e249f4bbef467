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
    if (!entries.ok()) return PassOver({.wanted = part.digest, .relpath = "", .digest = part.digest}, entries.status());
    Folder folder{.manifest = part.digest};
    for (const ManifestEntry& entry : *entries) {
      if (!part.within.empty() && !fs::IsWithin(entry.relpath, part.within)) continue;
      Need(entry.digest, part.digest, entry.relpath);
      folder.files.push_back(entry.digest);
    }
    folders_.push_back(std::move(folder));
    return absl::OkStatus();
  }

  absl::Status PassOver(const TransferReport::Object& object, const absl::Status& why) {
    if (!IsItsOwnFault(why)) return why;
    absent_.insert(object.digest);
    if (absl::IsNotFound(why)) {
      report_.absent.push_back(object);
    } else {
      report_.damaged.push_back({.object = object, .why = why});
    }
    return absl::OkStatus();
  }

  void Need(const digest::Digest& digest, const digest::Digest& wanted, const std::string& relpath) {
    if (!origin_.emplace(digest, TransferReport::Object{wanted, relpath, digest}).second) return;
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
    return Copy(present);
  }

  absl::Status Copy(const std::vector<digest::Digest>& digests) {
    std::vector<Copier::Spoilt> spoilt;
    RETURN_IF_ERROR(copier_.CopyWhole(digests, request_.at_once, spoilt));
    report_.objects += static_cast<int64_t>(digests.size() - spoilt.size());
    for (const Copier::Spoilt& one : spoilt) {
      const auto origin = origin_.find(one.digest);
      RETURN_IF_ERROR(PassOver(
          origin != origin_.end() ? origin->second : TransferReport::Object{one.digest, "", one.digest}, one.why));
    }
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
    return Copy(lacking);
  }

  const TransferRequest& request_;
  BlobStore& from_;
  BlobStore& to_;
  Copier copier_;
  std::vector<Folder> folders_;
  std::vector<digest::Digest> files_;
  absl::flat_hash_map<digest::Digest, TransferReport::Object> origin_;  // why each is needed
  absl::flat_hash_set<digest::Digest> absent_;                          // or damaged
  TransferReport report_;
};

}  // namespace

absl::StatusOr<TransferReport> TransferPresent(const TransferRequest& request, BlobStore& from, BlobStore& to) {
  return PartialTransfer(request, from, to).Run();
}

}  // namespace expq::blob
