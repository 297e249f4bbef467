#include "cli/loose_files.h"

#include "absl/strings/str_cat.h"

namespace expq::cli {

LooseFiles::LooseFiles(const fs::FileReader& fs, const std::string& path, const blob::Content& content)
    : fs_(fs),
      digest_(content.digest),
      manifest_(content.digest.is_dir() ? blob::EncodeManifest(content.files) : std::string()) {
  if (!digest_.is_dir()) paths_.emplace(digest_, path);
  for (const blob::ManifestEntry& entry : content.files) paths_.emplace(entry.digest, fs::Join(path, entry.relpath));
}

absl::StatusOr<std::vector<digest::Digest>> LooseFiles::Missing(const experiment::ProjectName&,
                                                                const std::vector<digest::Digest>& digests) {
  std::vector<digest::Digest> missing;
  for (const digest::Digest& digest : digests) {
    if (digest != digest_ && !paths_.contains(digest)) missing.push_back(digest);
  }
  return missing;
}

absl::Status LooseFiles::Put(const experiment::ProjectName&, const digest::Digest&, const experiment::ByteSource&) {
  return absl::UnimplementedError("files of the workspace are only sent");
}

absl::Status LooseFiles::Get(const experiment::ProjectName&, const digest::Digest& digest,
                             const experiment::ByteSink& sink) {
  if (digest.is_dir() && digest == digest_) return sink(manifest_);
  const auto found = paths_.find(digest);
  if (found == paths_.end()) return absl::NotFoundError(absl::StrCat("no file with the digest ", digest.text()));
  return fs_.ReadStream(found->second, sink);
}

}  // namespace expq::cli
