#include "common/blob/checkout_planner.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/blob/hashing.h"
#include "common/blob/parallel.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

bool IsExecutable(const fs::FileInfo& info) { return (info.mode & 0111) != 0; }

// The folders above every file, parents first.
std::vector<std::string> FoldersOf(const std::vector<CheckoutPlan::File>& files) {
  absl::flat_hash_set<absl::string_view> seen;
  for (const CheckoutPlan::File& file : files) {
    absl::string_view path = file.entry.relpath;
    for (size_t slash = path.rfind('/'); slash != absl::string_view::npos; slash = path.rfind('/')) {
      path = path.substr(0, slash);
      if (!seen.insert(path).second) break;  // its parents were seen with it
    }
  }
  std::vector<std::string> folders(seen.begin(), seen.end());
  std::sort(folders.begin(), folders.end());
  return folders;
}

bool IsAtOrBelow(absl::string_view path, absl::string_view within) {
  return within.empty() || (absl::ConsumePrefix(&path, within) && (path.empty() || path.front() == '/'));
}

}  // namespace

int64_t CheckoutPlan::added() const {
  return std::count_if(files.begin(), files.end(), [](const File& file) { return !file.there; });
}

int64_t CheckoutPlan::modified() const {
  return std::count_if(files.begin(), files.end(), [](const File& file) { return file.there && !file.right; });
}

CheckoutPlanner::CheckoutPlanner(const Cache& cache, const CheckoutWish& wish)
    : cache_(cache), fs_(cache.fs_), wish_(wish) {
  plan_.root = wish.path;
  plan_.is_dir = wish.digest.is_dir();
  plan_.is_exec = wish.is_exec;
}

absl::StatusOr<CheckoutPlan> CheckoutPlanner::Plan() && {
  RETURN_IF_ERROR(TakeEntries());
  RETURN_IF_ERROR(LookAtStart());
  RETURN_IF_ERROR(JudgeFound());
  RETURN_IF_ERROR(ReadUnknown());
  if (wish_.relink) RETURN_IF_ERROR(MarkForRelink());
  for (const CheckoutPlan::File& file : plan_.files) {
    if (!file.right || file.relink) plan_.wants.push_back(file.entry.digest);
  }
  std::sort(plan_.unsaved.begin(), plan_.unsaved.end());
  return std::move(plan_);
}

absl::Status CheckoutPlanner::TakeEntries() {
  if (!plan_.is_dir) {
    ASSIGN_OR_RETURN(const digest::Digest current, cache_.TakeOverOld(wish_.digest));
    plan_.files.push_back({.entry = {.relpath = "", .digest = current}});
  } else {
    ASSIGN_OR_RETURN(std::vector<ManifestEntry> entries, cache_.ReadManifest(wish_.digest));
    plan_.files.reserve(entries.size());
    const bool has_old = cache_.HasOldLayout();
    for (ManifestEntry& entry : entries) {
      if (!IsAtOrBelow(entry.relpath, wish_.within)) continue;
      if (has_old) {
        ASSIGN_OR_RETURN(entry.digest, cache_.TakeOverOld(entry.digest));
      }
      plan_.files.push_back({.entry = std::move(entry)});
    }
  }
  plan_.folders = FoldersOf(plan_.files);
  is_folder_.insert(plan_.folders.begin(), plan_.folders.end());
  by_path_.reserve(plan_.files.size());
  for (CheckoutPlan::File& file : plan_.files) by_path_[file.entry.relpath] = &file;
  return absl::OkStatus();
}

absl::Status CheckoutPlanner::LookAtStart() {
  const absl::StatusOr<fs::FileInfo> itself = fs_.Lstat(PathOf(wish_.within));
  if (absl::IsNotFound(itself.status()) || absl::IsFailedPrecondition(itself.status())) return absl::OkStatus();
  RETURN_IF_ERROR(itself.status());
  plan_.existed = true;
  const bool is_root = wish_.within.empty();
  if (plan_.is_dir && is_root) {
    // A link to a folder is as good as the folder.
    const absl::StatusOr<fs::FileInfo> info = fs_.Stat(plan_.root);
    if (info.ok() && info->kind == fs::Kind::kDirectory) return LookBelow("");
    return AddExtra(plan_.root, itself->kind);
  }
  return LookAt(wish_.within, itself->kind);
}

absl::Status CheckoutPlanner::LookBelow(const std::string& relative) {
  ASSIGN_OR_RETURN(const std::vector<fs::DirEntry> entries, fs_.List(PathOf(relative)));
  for (const fs::DirEntry& entry : entries) RETURN_IF_ERROR(LookAt(fs::Join(relative, entry.name), entry.kind));
  return absl::OkStatus();
}

absl::Status CheckoutPlanner::LookAt(const std::string& relative, fs::Kind kind) {
  const std::string path = PathOf(relative);
  const auto wanted = by_path_.find(relative);
  if (wanted != by_path_.end()) {
    if (kind == fs::Kind::kDirectory) return AddExtra(path, kind);
    found_.push_back({.path = path, .wanted = wanted->second});
    return absl::OkStatus();
  }
  if (is_folder_.contains(relative)) {
    if (kind == fs::Kind::kDirectory) return LookBelow(relative);
    if (kind == fs::Kind::kSymlink) return AddLinkInTheWay(path);
  }
  if (IsLeftAlone(path, kind)) return absl::OkStatus();
  if (!IsLeftover({.name = fs::Basename(path), .kind = kind})) return AddExtra(path, kind);
  plan_.extra.push_back(path);
  return absl::OkStatus();
}

bool CheckoutPlanner::IsLeftAlone(const std::string& path, fs::Kind kind) const {
  const auto& ignored = cache_.options_.ignored;
  return IsToolFolder(fs::Basename(path)) || (ignored != nullptr && ignored(path, kind == fs::Kind::kDirectory));
}

absl::Status CheckoutPlanner::JudgeFound() {
  RETURN_IF_ERROR(ForEach(found_.size(), cache_.options_.hash_threads, cache_.options_.stop,
                          [&](size_t i) { return Judge(found_[i]); }));
  for (const Found& found : found_) {
    found.wanted->there = true;
    if (found.other != nullptr) NoteDigest(found.path, *found.other);
    if (found.verdict == Verdict::kUnknown && wish_.hash_unknown) {
      RETURN_IF_ERROR(AddUnknown(found.path, found.wanted));
    } else {
      found.wanted->right = found.verdict == Verdict::kRight && (!plan_.is_exec || IsExecutable(found.info));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckoutPlanner::Judge(Found& found) const {
  ASSIGN_OR_RETURN(found.info, fs_.Lstat(found.path));
  if (found.info.kind == fs::Kind::kSymlink) {
    ASSIGN_OR_RETURN(found.verdict, JudgeLink(*found.wanted, found.path));
    return absl::OkStatus();
  }
  const digest::Digest& wanted = found.wanted->entry.digest;
  std::unique_ptr<digest::Digest> known = cache_.index_.Find(found.info);
  if (known != nullptr || found.info.kind != fs::Kind::kFile) {
    const bool right = known != nullptr && *known == wanted;
    found.verdict = right ? Verdict::kRight : Verdict::kWrong;
    if (!right) found.other = std::move(known);
    return absl::OkStatus();
  }
  const absl::StatusOr<fs::FileInfo> object = fs_.Stat(cache_.ObjectPath(wanted));
  if (!object.ok() || object->inode != found.info.inode || object->device != found.info.device) return absl::OkStatus();
  RETURN_IF_ERROR(cache_.Verify(wanted).status());
  found.verdict = Verdict::kRight;
  return absl::OkStatus();
}

absl::StatusOr<CheckoutPlanner::Verdict> CheckoutPlanner::JudgeLink(const CheckoutPlan::File& file,
                                                                    const std::string& path) const {
  ASSIGN_OR_RETURN(const std::string target, fs_.ReadLink(path));
  if (target == cache_.ObjectPath(file.entry.digest)) {
    const absl::Status whole = cache_.Verify(file.entry.digest).status();
    if (absl::IsNotFound(whole)) return Verdict::kWrong;
    RETURN_IF_ERROR(whole);
    return Verdict::kRight;
  }
  // A link into the cache, or one that leads nowhere, loses nothing but itself.
  return fs::IsWithin(target, cache_.root()) || !fs_.Exists(path) ? Verdict::kWrong : Verdict::kUnknown;
}

void CheckoutPlanner::NoteDigest(const std::string& path, const digest::Digest& digest) {
  if (!cache_.Has(digest)) plan_.unsaved.push_back(path);
}

absl::Status CheckoutPlanner::AddExtra(const std::string& path, fs::Kind kind) {
  if (!wish_.hash_unknown) {
    plan_.trees.push_back(path);
    return absl::OkStatus();
  }
  if (kind != fs::Kind::kDirectory) {
    const absl::StatusOr<fs::FileInfo> info = fs_.Stat(path);
    if (!info.ok() && !absl::IsNotFound(info.status())) return info.status();
    // What is no data (a link to a folder, a socket) is nobody's to remove, unless it stands in the way.
    const bool in_the_way = path == plan_.root;
    if (info.ok() && info->kind != fs::Kind::kFile && !in_the_way) return absl::OkStatus();
    return AddExtraFile(path, info.ok() ? *info : fs::FileInfo{.kind = fs::Kind::kOther});
  }
  const size_t before = plan_.extra.size();
  ASSIGN_OR_RETURN(const std::vector<fs::DirEntry> entries, fs_.List(path));
  for (const fs::DirEntry& entry : entries) {
    const std::string below = fs::Join(path, entry.name);
    if (!IsLeftAlone(below, entry.kind)) RETURN_IF_ERROR(AddExtra(below, entry.kind));
  }
  if (plan_.extra.size() > before || by_path_.contains("")) plan_.emptied.push_back(path);
  return absl::OkStatus();
}

// Where a folder has to be. What it leads to stays.
absl::Status CheckoutPlanner::AddLinkInTheWay(const std::string& path) {
  plan_.extra.push_back(path);
  plan_.unsaved.push_back(path);
  return absl::OkStatus();
}

absl::Status CheckoutPlanner::AddExtraFile(const std::string& path, const fs::FileInfo& info) {
  plan_.extra.push_back(path);
  if (info.kind != fs::Kind::kFile) return absl::OkStatus();
  if (const auto known = cache_.index_.Find(info)) {
    NoteDigest(path, *known);
    return absl::OkStatus();
  }
  return AddUnknown(path, nullptr);
}

absl::Status CheckoutPlanner::AddUnknown(const std::string& path, CheckoutPlan::File* wanted) {
  ASSIGN_OR_RETURN(const fs::FileInfo info, fs_.Stat(path));
  if (info.kind == fs::Kind::kFile) unknown_.push_back({.path = path, .hashed = {.info = info}, .wanted = wanted});
  return absl::OkStatus();
}

absl::Status CheckoutPlanner::ReadUnknown() {
  RETURN_IF_ERROR(ForEach(unknown_.size(), cache_.options_.hash_threads, cache_.options_.stop, [&](size_t i) {
    return HashFile(fs_, cache_.index_, unknown_[i].path, unknown_[i].hashed, &cache_.options_.stop);
  }));
  for (const Unknown& file : unknown_) {
    const digest::Digest& digest = *file.hashed.digest;
    if (file.wanted != nullptr && digest == file.wanted->entry.digest) {
      file.wanted->right = !plan_.is_exec || IsExecutable(file.hashed.info);
    } else {
      NoteDigest(file.path, digest);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckoutPlanner::MarkForRelink() {
  return ForEach(plan_.files.size(), cache_.options_.hash_threads, cache_.options_.stop, [&](size_t i) -> absl::Status {
    CheckoutPlan::File& file = plan_.files[i];
    if (!file.right) return absl::OkStatus();
    ASSIGN_OR_RETURN(file.relink, NeedsRelink(file));
    return absl::OkStatus();
  });
}

// Whether it is linked in none of the ways that the cache is configured for.
absl::StatusOr<bool> CheckoutPlanner::NeedsRelink(const CheckoutPlan::File& file) const {
  const std::string path = PathOf(file.entry.relpath);
  ASSIGN_OR_RETURN(const fs::FileInfo info, fs_.Lstat(path));
  const std::string object = cache_.ObjectPath(file.entry.digest);
  const bool is_link = info.kind == fs::Kind::kSymlink;
  for (const fs::LinkKind kind : cache_.options_.link_kinds) {
    switch (kind) {
      case fs::LinkKind::kReflink:
      case fs::LinkKind::kCopy:
        if (!is_link && info.links == 1) return false;
        break;
      case fs::LinkKind::kHardlink: {
        const absl::StatusOr<fs::FileInfo> there = fs_.Stat(object);
        if (!is_link && info.links > 1) return !there.ok() || there->inode != info.inode;
        break;
      }
      case fs::LinkKind::kSymlink: {
        if (!is_link) break;
        ASSIGN_OR_RETURN(const std::string target, fs_.ReadLink(path));
        return target != object;
      }
    }
  }
  return true;
}

}  // namespace expq::blob
