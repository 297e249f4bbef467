#include "common/blob/hashing.h"

#include "absl/strings/str_cat.h"
#include "common/blob/parallel.h"
#include "common/status/status.h"
#include "common/sync/sync.h"

namespace expq::blob {
namespace {

constexpr int kAttempts = 3;
constexpr absl::string_view kIgnoreFile = ".dvcignore";

absl::StatusOr<digest::Digest> HashOnce(const fs::FileReader& fs, const std::string& path,
                                        const sync::StopToken* stop) {
  digest::Md5 md5;
  RETURN_IF_ERROR(fs.ReadStream(path, [&](absl::string_view piece) {
    if (stop != nullptr && stop->Stopped()) return absl::CancelledError("stopped");
    md5.Update(piece);
    return absl::OkStatus();
  }));
  return md5.Finish();
}

class TreeLister {
 public:
  TreeLister(const fs::FileReader& fs, const CacheOptions& options, const std::string& root,
             std::vector<std::string>* leftovers)
      : fs_(fs), options_(options), root_(root), leftovers_(leftovers) {}

  absl::StatusOr<std::vector<HashedFile>> List() && {
    RETURN_IF_ERROR(ListBelow(""));
    return std::move(files_);
  }

 private:
  absl::Status ListBelow(const std::string& relative) {
    ASSIGN_OR_RETURN(std::vector<fs::DirEntry> entries, fs_.List(fs::Join(root_, relative)));
    for (const fs::DirEntry& entry : entries) {
      if (IsToolFolder(entry.name)) continue;
      if (IsLeftover(entry)) {
        if (leftovers_ != nullptr) leftovers_->push_back(fs::Join(root_, fs::Join(relative, entry.name)));
        continue;
      }
      RETURN_IF_ERROR(Take(fs::Join(relative, entry.name), entry.kind));
    }
    return absl::OkStatus();
  }

  absl::Status Take(std::string relative, fs::Kind kind) {
    std::string path = fs::Join(root_, relative);
    if (options_.ignored != nullptr && options_.ignored(path, kind == fs::Kind::kDirectory)) return absl::OkStatus();
    if (kind == fs::Kind::kDirectory) return ListBelow(relative);
    absl::StatusOr<fs::FileInfo> info = fs_.Stat(path);
    if (absl::IsNotFound(info.status()) && kind == fs::Kind::kSymlink) {
      return absl::FailedPreconditionError(absl::StrCat("cannot hash ", path, ": the link leads nowhere"));
    }
    if (!info.ok()) return info.status();
    if (info->kind == fs::Kind::kDirectory) return absl::OkStatus();
    if (info->kind != fs::Kind::kFile) {
      return absl::FailedPreconditionError(absl::StrCat("cannot hash ", path, ": it is not a file"));
    }
    if (fs::Basename(relative) == kIgnoreFile) {
      return status::WithHint(
          absl::FailedPreconditionError(absl::StrCat("cannot hash ", root_, ": there is a ", kIgnoreFile, " in it (",
                                                     relative, "), which DVC refuses in data")),
          "put its patterns into one further up");
    }
    files_.push_back({.relative = std::move(relative), .info = *info, .is_link = kind == fs::Kind::kSymlink});
    return absl::OkStatus();
  }

  const fs::FileReader& fs_;
  const CacheOptions& options_;
  const std::string& root_;
  std::vector<std::string>* const leftovers_;
  std::vector<HashedFile> files_;
};

}  // namespace

bool SameBytesAsBefore(const fs::FileInfo& before, const fs::FileInfo& after) {
  return before.inode == after.inode && before.size == after.size && before.mtime_ns == after.mtime_ns;
}

void LetTheTickPass(const fs::FileReader& fs, const fs::FileInfo& info) {
  int64_t young_for = info.mtime_ns + HashIndex::kTickNs - fs.StampNs();
  if (info.size < kLarge || young_for < 0 || young_for > HashIndex::kTickNs) return;
  // Stamps come from a clock that lags by up to a kernel's tick, half of ours.
  sync::StopToken().WaitFor(absl::Nanoseconds(young_for + HashIndex::kTickNs / 2));
}

bool IsLeftover(const fs::DirEntry& entry) {
  return entry.kind != fs::Kind::kDirectory && fs::IsTemporaryName(entry.name);
}

bool IsToolFolder(absl::string_view name) { return name == ".git" || name == ".hg" || name == ".dvc"; }

absl::Status HashFile(const fs::FileReader& fs, HashIndex& index, const std::string& path, HashedFile& file,
                      const sync::StopToken* stop) {
  if (auto known = index.Find(file.info)) {
    file.digest = *known;
    return absl::OkStatus();
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    LetTheTickPass(fs, file.info);
    int64_t read_from_ns = fs.StampNs();
    ASSIGN_OR_RETURN(digest::Digest digest, HashOnce(fs, path, stop));
    ASSIGN_OR_RETURN(fs::FileInfo after, fs.Stat(path));
    bool same = SameBytesAsBefore(file.info, after);
    file.info = after;
    if (!same) continue;
    index.Remember(after, digest, read_from_ns);
    file.digest = digest;
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat("cannot hash ", path, ": it is being written to"));
}

absl::StatusOr<std::vector<HashedFile>> ListTree(const fs::FileReader& fs, const CacheOptions& options,
                                                 const std::string& root, std::vector<std::string>* leftovers) {
  return TreeLister(fs, options, root, leftovers).List();
}

absl::StatusOr<std::vector<HashedFile>> HashTree(const fs::FileReader& fs, HashIndex& index,
                                                 const CacheOptions& options, const std::string& root) {
  ASSIGN_OR_RETURN(std::vector<HashedFile> files, ListTree(fs, options, root, nullptr));
  std::vector<HashedFile*> unknown;
  for (HashedFile& file : files) {
    if (auto known = index.Find(file.info)) {
      file.digest = *known;
    } else {
      unknown.push_back(&file);
    }
  }
  RETURN_IF_ERROR(ForEach(unknown.size(), options.hash_threads, options.stop, [&](size_t i) {
    return HashFile(fs, index, fs::Join(root, unknown[i]->relative), *unknown[i], &options.stop);
  }));
  return files;
}

Content TreeContent(const std::vector<HashedFile>& files) {
  std::vector<ManifestEntry> entries;
  entries.reserve(files.size());
  int64_t size = 0;
  for (const HashedFile& file : files) {
    entries.push_back({file.relative, *file.digest});
    size += file.info.size;
  }
  return Content{.digest = digest::Md5Of(EncodeManifest(entries), /*is_dir=*/true),
                 .size = size,
                 .nfiles = static_cast<int64_t>(files.size()),
                 .files = std::move(entries)};
}

Content FileContent(const HashedFile& file) {
  return Content{.digest = *file.digest, .size = file.info.size, .is_exec = (file.info.mode & 0111) != 0};
}

}  // namespace expq::blob
