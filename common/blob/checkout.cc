// From the cache into the workspace, as the difference to what is there.
#include <optional>

#include "common/blob/cache.h"
#include "common/blob/checkout_planner.h"
#include "common/blob/hashing.h"
#include "common/blob/linker.h"
#include "common/blob/objects.h"
#include "common/blob/parallel.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

bool IsExecutable(const fs::FileInfo& info) { return (info.mode & 0111) != 0; }

}  // namespace

absl::StatusOr<CheckoutPlan> Cache::PlanCheckout(const CheckoutWish& wish) const {
  return CheckoutPlanner(*this, wish).Plan();
}

absl::Status Cache::Checkout(const digest::Digest& digest, const std::string& path, bool is_exec) {
  ASSIGN_OR_RETURN(const CheckoutPlan plan,
                   PlanCheckout({.digest = digest, .path = path, .is_exec = is_exec, .hash_unknown = false}));
  return Apply(plan);
}

absl::Status Cache::Apply(const CheckoutPlan& plan) {
  const auto needs_work = [](const CheckoutPlan::File& file) { return !file.right || file.relink; };
  RETURN_IF_ERROR(ForEach(plan.files.size(), options_.hash_threads, options_.stop, [&](size_t i) {
    return needs_work(plan.files[i]) ? Verify(plan.files[i].entry.digest).status() : absl::OkStatus();
  }));
  for (const std::string& path : plan.trees) RETURN_IF_ERROR(fs_.RemoveTree(path));
  for (const std::string& path : plan.extra) RETURN_IF_ERROR(fs_.Remove(path));
  for (const std::string& path : plan.emptied) fs_.Remove(path).IgnoreError();  // what was left alone keeps it
  RETURN_IF_ERROR(fs_.MakeDirs(plan.is_dir ? plan.root : fs::Dirname(plan.root)));
  for (const std::string& folder : plan.folders) RETURN_IF_ERROR(fs_.MakeDirs(fs::Join(plan.root, folder)));
  Linker linker(fs_, options_.link_kinds);
  return ForEach(plan.files.size(), options_.hash_threads, options_.stop, [&](size_t i) {
    const CheckoutPlan::File& file = plan.files[i];
    if (!needs_work(file)) return absl::OkStatus();
    return Place(file.entry.digest, fs::Join(plan.root, file.entry.relpath), plan.is_exec, file.there, linker);
  });
}

absl::Status Cache::Place(const digest::Digest& digest, const std::string& path, bool is_exec, bool replace,
                          Linker& linker) {
  static const digest::Digest kEmpty = digest::Md5Of("");
  const Sharing sharing = is_exec ? Sharing::kNothing : digest == kEmpty ? Sharing::kNoInode : Sharing::kAll;
  const std::string made = replace ? fs::TemporaryName(path) : path;
  ASSIGN_OR_RETURN(const std::optional<fs::FileInfo> own,
                   linker.Make(ObjectPath(digest), made, sharing, PlainMode(is_exec, /*group_shared=*/false)));
  if (replace) {
    const absl::Status replaced = fs_.Rename(made, path);
    if (!replaced.ok()) {
      fs_.Remove(made).IgnoreError();
      return replaced;
    }
  }
  if (own.has_value()) RememberPlaced(path, *own, digest, replace);
  return absl::OkStatus();
}

void Cache::RememberPlaced(const std::string& path, const fs::FileInfo& made, const digest::Digest& digest,
                           bool renamed) {
  if (!renamed) return index_.Remember(made, digest);
  // Its new name has changed its ctime.
  const absl::StatusOr<fs::FileInfo> now = fs_.Lstat(path);
  if (now.ok() && SameBytesAsBefore(made, *now)) index_.Remember(*now, digest);
}

absl::Status Cache::Unprotect(const std::string& path) {
  absl::StatusOr<fs::FileInfo> info = fs_.Lstat(path);
  if (absl::IsNotFound(info.status())) return absl::OkStatus();
  if (!info.ok()) return info.status();
  if (info->kind != fs::Kind::kDirectory) return UnprotectFile(path);
  return fs::Walk(fs_, path, [&](const std::string& relative, fs::Kind kind) {
    const bool is_leftover = IsLeftover({.name = fs::Basename(relative), .kind = kind});
    return is_leftover ? fs_.Remove(fs::Join(path, relative)) : UnprotectFile(fs::Join(path, relative));
  });
}

absl::Status Cache::UnprotectFile(const std::string& path) {
  ASSIGN_OR_RETURN(fs::FileInfo info, fs_.Lstat(path));
  if (info.kind == fs::Kind::kSymlink) {
    ASSIGN_OR_RETURN(std::string target, fs_.ReadLink(path));
    if (!fs::IsWithin(target, root_)) return absl::OkStatus();
  } else if (info.kind != fs::Kind::kFile || (info.mode & 0222) != 0) {
    const uint32_t wanted = info.mode | (options_.group_shared ? PlainMode(IsExecutable(info), true) : 0);
    return info.kind == fs::Kind::kFile && wanted != info.mode ? fs_.Chmod(path, wanted) : absl::OkStatus();
  }
  std::string temporary = fs::TemporaryName(path);
  RETURN_IF_ERROR(fs_.Link(fs::LinkKind::kCopy, path, temporary));
  absl::Status replaced = fs_.Chmod(temporary, UnprotectedMode(IsExecutable(info) && info.kind == fs::Kind::kFile));
  if (replaced.ok()) replaced = fs_.Rename(temporary, path);
  if (!replaced.ok()) fs_.Remove(temporary).IgnoreError();
  return replaced;
}

}  // namespace expq::blob
