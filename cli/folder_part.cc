#include "cli/folder_part.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/blob/old_layout.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

absl::StatusOr<pipeline::DataRecord> RecordFolder(DataSite& site, const pipeline::DataSource& source,
                                                  std::vector<blob::ManifestEntry> entries, std::optional<int64_t> size,
                                                  Keeping how) {
  const int64_t nfiles = static_cast<int64_t>(entries.size());
  const std::string manifest = blob::EncodeManifest(std::move(entries));
  const digest::Digest digest = digest::Md5Of(manifest, /*is_dir=*/true);
  if (how != Keeping::kHashOnly) RETURN_IF_ERROR(site.cache().StoreBytes(manifest, /*is_dir=*/true).status());
  if (digest == *source.digest) size = source.size;
  return pipeline::DataRecord{.digest = digest, .size = size, .nfiles = nfiles};
}

}  // namespace

absl::StatusOr<blob::Content> Keep(DataSite& site, const std::string& path, Keeping how) {
  switch (how) {
    case Keeping::kHashOnly:
      return site.cache().Hash(path);
    case Keeping::kCopy:
      return site.cache().StoreCopy(path);
    case Keeping::kLink:
      return site.cache().Store(path);
  }
  return absl::InternalError("no such way to keep a file");
}

absl::StatusOr<pipeline::DataRecord> KeepParts(const Context& context, DataSite& site,
                                               const pipeline::DataSource& source,
                                               const std::vector<std::string>& parts, Keeping how) {
  if (!source.digest.has_value() || !source.digest->is_dir()) {
    return absl::FailedPreconditionError(absl::StrCat("'", source.path, "' is tracked as a file"));
  }
  ASSIGN_OR_RETURN(std::vector<blob::ManifestEntry> entries, site.cache().ReadManifest(*source.digest));
  int64_t size = source.size;
  bool replaces = false;  // then nobody knows what all of it amounts to
  for (const std::string& within : parts) {
    const size_t before = entries.size();
    std::erase_if(entries, [&](const blob::ManifestEntry& entry) { return fs::IsWithin(entry.relpath, within); });
    const bool was_there = entries.size() < before;
    replaces = replaces || was_there;
    const std::string path = fs::Join(source.path, within), full = site.PathOf(path);
    if (!context.fs.Exists(full)) {
      if (!was_there) return absl::NotFoundError(absl::StrCat("'", path, "' does not exist"));
      continue;
    }
    ASSIGN_OR_RETURN(const blob::Content part, Keep(site, full, how));
    size += part.size;
    if (!part.digest.is_dir()) entries.push_back({within, part.digest});
    for (const blob::ManifestEntry& entry : part.files) {
      entries.push_back({fs::Join(within, entry.relpath), entry.digest});
    }
  }
  return RecordFolder(site, source, std::move(entries), replaces ? std::nullopt : std::optional(size), how);
}

bool IsGoneForDvc2(const Context& context, DataSite& site, const digest::Digest& digest, bool is_old) {
  return is_old && !context.fs.Exists(blob::OldObjectPathIn(site.cache().root(), digest));
}

}  // namespace expq::cli
