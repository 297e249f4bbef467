// From the cache into the workspace, as the difference to what is there.
#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/blob/cache.h"
#include "common/blob/hashing.h"
#include "common/blob/linker.h"
#include "common/blob/parallel.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

bool IsExecutable(const fs::FileInfo& info) { return (info.mode & 0111) != 0; }

// The folders above every entry, parents first.
std::vector<std::string> FoldersOf(const std::vector<ManifestEntry>& entries) {
  absl::flat_hash_set<absl::string_view> seen;
  for (const ManifestEntry& entry : entries) {
    absl::string_view path = entry.relpath;
    for (size_t slash = path.rfind('/'); slash != absl::string_view::npos; slash = path.rfind('/')) {
      path = path.substr(0, slash);
      if (!seen.insert(path).second) break;  // its parents were seen with it
    }
  }
  std::vector<std::string> folders(seen.begin(), seen.end());
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

struct Cache::TreePlan {
  struct Item {
    const ManifestEntry* entry;
    bool there = false;  // something stands in its place
    bool right = false;
  };

  std::string root;
  std::vector<std::string> folders;
  std::vector<Item> items;
  std::vector<std::string> remove;  // trees and files that do not belong there

  absl::flat_hash_map<absl::string_view, Item*> by_path;
  absl::flat_hash_set<absl::string_view> is_folder;

  TreePlan(std::string tree_root, const std::vector<ManifestEntry>& entries)
      : root(std::move(tree_root)), folders(FoldersOf(entries)), is_folder(folders.begin(), folders.end()) {
    items.reserve(entries.size());
    by_path.reserve(entries.size());
    for (const ManifestEntry& entry : entries) {
      items.push_back({.entry = &entry});
      by_path[entry.relpath] = &items.back();
    }
  }
};

absl::Status Cache::Checkout(const digest::Digest& digest, const std::string& path, bool is_exec) {
  return digest.is_dir() ? CheckoutTree(digest, path) : CheckoutFile(digest, path, is_exec);
}

absl::StatusOr<bool> Cache::IsRight(const std::string& path, const fs::FileInfo& info,
                                    const digest::Digest& digest) const {
  if (info.kind == fs::Kind::kSymlink) {
    absl::StatusOr<std::string> target = fs_.ReadLink(path);
    if (!target.ok() || *target != ObjectPath(digest)) return false;
    RETURN_IF_ERROR(Verify(digest).status());
    return true;
  }
  if (info.kind != fs::Kind::kFile) return false;
  if (auto known = index_.Find(info)) return *known == digest;
  absl::StatusOr<fs::FileInfo> object = fs_.Stat(ObjectPath(digest));
  if (!object.ok() || object->inode != info.inode || object->device != info.device) return false;
  RETURN_IF_ERROR(Verify(digest).status());
  return true;
}

absl::Status Cache::CheckoutFile(const digest::Digest& digest, const std::string& path, bool is_exec) {
  absl::StatusOr<fs::FileInfo> info = fs_.Lstat(path);
  if (!info.ok() && !absl::IsNotFound(info.status())) return info.status();
  if (info.ok()) {
    ASSIGN_OR_RETURN(bool right, IsRight(path, *info, digest));
    if (right && (!is_exec || IsExecutable(*info))) return absl::OkStatus();
  }
  RETURN_IF_ERROR(Verify(digest).status());
  bool is_folder = info.ok() && info->kind == fs::Kind::kDirectory;
  if (is_folder) RETURN_IF_ERROR(fs_.RemoveTree(path));
  RETURN_IF_ERROR(fs_.MakeDirs(fs::Dirname(path)));
  Linker linker(fs_, options_.link_kinds);
  return Place(digest, path, is_exec, /*replace=*/info.ok() && !is_folder, linker);
}

absl::Status Cache::CheckoutTree(const digest::Digest& digest, const std::string& path) {
  ASSIGN_OR_RETURN(std::vector<ManifestEntry> entries, ReadManifest(digest));
  TreePlan plan(path, entries);
  absl::StatusOr<fs::FileInfo> info = fs_.Stat(path);
  if (info.ok() && info->kind == fs::Kind::kDirectory) {
    RETURN_IF_ERROR(PlanBelow("", plan));
  } else if (fs_.Lstat(path).ok()) {
    plan.remove.push_back(path);
  }
  RETURN_IF_ERROR(ForEach(plan.items.size(), options_.hash_threads, [&](size_t i) {
    return plan.items[i].right ? absl::OkStatus() : Verify(plan.items[i].entry->digest).status();
  }));
  return Apply(plan);
}

// Compares what is there below `relative` with the plan. Changes nothing on disk.
absl::Status Cache::PlanBelow(const std::string& relative, TreePlan& plan) const {
  ASSIGN_OR_RETURN(std::vector<fs::DirEntry> found, fs_.List(fs::Join(plan.root, relative)));
  for (const fs::DirEntry& entry : found) {
    std::string below = fs::Join(relative, entry.name), path = fs::Join(plan.root, below);
    bool is_dir = entry.kind == fs::Kind::kDirectory;
    auto wanted = plan.by_path.find(below);
    if (wanted != plan.by_path.end() && !is_dir) {
      ASSIGN_OR_RETURN(fs::FileInfo info, fs_.Lstat(path));
      wanted->second->there = true;
      ASSIGN_OR_RETURN(wanted->second->right, IsRight(path, info, wanted->second->entry->digest));
    } else if (is_dir && plan.is_folder.contains(below)) {
      RETURN_IF_ERROR(PlanBelow(below, plan));
    } else if (!IsToolFolder(entry.name) && (options_.ignored == nullptr || !options_.ignored(path, is_dir))) {
      plan.remove.push_back(path);
    }
  }
  return absl::OkStatus();
}

absl::Status Cache::Apply(const TreePlan& plan) {
  for (const std::string& path : plan.remove) RETURN_IF_ERROR(fs_.RemoveTree(path));
  RETURN_IF_ERROR(fs_.MakeDirs(plan.root));
  for (const std::string& folder : plan.folders) RETURN_IF_ERROR(fs_.MakeDirs(fs::Join(plan.root, folder)));
  Linker linker(fs_, options_.link_kinds);
  return ForEach(plan.items.size(), options_.hash_threads, [&](size_t i) {
    const TreePlan::Item& item = plan.items[i];
    if (item.right) return absl::OkStatus();
    return Place(item.entry->digest, fs::Join(plan.root, item.entry->relpath), /*is_exec=*/false, item.there, linker);
  });
}

absl::Status Cache::Place(const digest::Digest& digest, const std::string& path, bool is_exec, bool replace,
                          Linker& linker) {
  static const digest::Digest kEmpty = digest::Md5Of("");
  std::string made = replace ? fs::TemporaryName(path) : path;
  absl::StatusOr<fs::LinkKind> kind = linker.Make(ObjectPath(digest), made, is_exec || digest == kEmpty);
  if (!kind.ok()) return kind.status();
  auto finish = [&]() -> absl::Status {
    if (HasOwnInode(*kind)) {
      RETURN_IF_ERROR(fs_.Chmod(made, is_exec ? 0755 : 0644));
      ASSIGN_OR_RETURN(fs::FileInfo info, fs_.Lstat(made));
      index_.Remember(info, digest);
    }
    return replace ? fs_.Rename(made, path) : absl::OkStatus();
  };
  absl::Status finished = finish();
  if (!finished.ok()) fs_.Remove(made).IgnoreError();
  return finished;
}

absl::Status Cache::Unprotect(const std::string& path) {
  absl::StatusOr<fs::FileInfo> info = fs_.Lstat(path);
  if (absl::IsNotFound(info.status())) return absl::OkStatus();
  if (!info.ok()) return info.status();
  if (info->kind != fs::Kind::kDirectory) return UnprotectFile(path);
  return fs::Walk(fs_, path,
                  [&](const std::string& relative, fs::Kind) { return UnprotectFile(fs::Join(path, relative)); });
}

absl::Status Cache::UnprotectFile(const std::string& path) {
  ASSIGN_OR_RETURN(fs::FileInfo info, fs_.Lstat(path));
  if (info.kind == fs::Kind::kSymlink) {
    ASSIGN_OR_RETURN(std::string target, fs_.ReadLink(path));
    if (!fs::IsWithin(target, root_)) return absl::OkStatus();
  } else if (info.kind != fs::Kind::kFile || (info.mode & 0222) != 0) {
    return absl::OkStatus();
  }
  std::string temporary = fs::TemporaryName(path);
  RETURN_IF_ERROR(fs_.Link(fs::LinkKind::kCopy, path, temporary));
  absl::Status replaced = fs_.Chmod(temporary, IsExecutable(info) && info.kind == fs::Kind::kFile ? 0755 : 0644);
  if (replaced.ok()) replaced = fs_.Rename(temporary, path);
  if (!replaced.ok()) fs_.Remove(temporary).IgnoreError();
  return replaced;
}

}  // namespace expq::blob
