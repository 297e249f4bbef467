#include "common/git/ref_files.h"

#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/git/object_files.h"
#include "common/git/ref_lock.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

constexpr size_t kHexSize = 40;
constexpr absl::string_view kSymbolic = "ref: ";

// A line of packed-refs: "<hex> <ref>"; nullopt for comments and for "^<hex>", what a tag points at.
std::optional<std::pair<absl::string_view, absl::string_view>> ParsePackedLine(absl::string_view line) {
  if (line.size() < kHexSize + 2 || line[kHexSize] != ' ' || line[0] == '#') return std::nullopt;
  return std::make_pair(line.substr(0, kHexSize), line.substr(kHexSize + 1));
}

std::string FindPacked(absl::string_view packed, absl::string_view ref) {
  size_t found = packed.find(absl::StrCat(" ", ref, "\n"));
  return found == absl::string_view::npos || found < kHexSize ? ""
                                                              : std::string(packed.substr(found - kHexSize, kHexSize));
}

// What is left of packed-refs without `refs` and what they peel to; how many went.
std::string WithoutRefs(absl::string_view packed, const std::set<std::string>& refs, size_t* removed) {
  std::string kept;
  kept.reserve(packed.size());
  bool dropping = false;
  for (absl::string_view line : absl::StrSplit(absl::StripSuffix(packed, "\n"), '\n')) {
    if (!absl::StartsWith(line, "^")) {
      auto parsed = ParsePackedLine(line);
      dropping = parsed.has_value() && refs.contains(std::string(parsed->second));
      if (dropping) ++*removed;
    }
    if (!dropping) absl::StrAppend(&kept, line, "\n");
  }
  return kept;
}

// True when packed-refs may hold one of `refs`: a cheap look for the usual few.
bool MayHold(absl::string_view packed, const std::set<std::string>& refs) {
  constexpr size_t kFew = 8;
  if (refs.size() > kFew) return true;
  return std::any_of(refs.begin(), refs.end(),
                     [&](const std::string& ref) { return !FindPacked(packed, ref).empty(); });
}

absl::string_view OrNone(absl::string_view hex) { return hex.empty() ? "absent" : hex; }

}  // namespace

absl::StatusOr<std::string> RefFiles::ReadPacked() const {
  auto packed = fs::PosixFilesystem().Read(fs::Join(common_dir_, "packed-refs"));
  if (absl::IsNotFound(packed.status())) return std::string();
  return packed;
}

absl::StatusOr<std::string> RefFiles::ReadLoose(const std::string& ref) const {
  auto bytes = fs::PosixFilesystem().Read(PathOf(ref));
  // A folder there, or a file above: no such loose ref.
  if (absl::IsNotFound(bytes.status()) || absl::IsFailedPrecondition(bytes.status())) return std::string();
  RETURN_IF_ERROR(bytes.status());
  std::string value(absl::StripTrailingAsciiWhitespace(*bytes));
  if (value.size() != kHexSize && !absl::StartsWith(value, kSymbolic)) {
    return absl::DataLossError(absl::StrCat("ref ", ref, " is broken: ", PathOf(ref), " has no commit id in it"));
  }
  return value;
}

absl::StatusOr<std::string> RefFiles::Read(const std::string& ref) const {
  ASSIGN_OR_RETURN(std::string value, ReadLoose(ref));
  if (!value.empty()) return value;
  ASSIGN_OR_RETURN(std::string packed, ReadPacked());
  return FindPacked(packed, ref);
}

absl::Status RefFiles::ListLoose(const std::string& folder, const std::string& prefix,
                                 std::map<std::string, std::string>* refs) const {
  auto entries = fs::PosixFilesystem().List(PathOf(folder));
  if (absl::IsNotFound(entries.status()) || absl::IsFailedPrecondition(entries.status())) return absl::OkStatus();
  RETURN_IF_ERROR(entries.status());
  for (const fs::DirEntry& entry : *entries) {
    std::string ref = fs::Join(folder, entry.name);
    if (entry.kind == fs::Kind::kDirectory) {
      bool may_match = absl::StartsWith(ref + "/", prefix) || absl::StartsWith(prefix, ref + "/");
      if (may_match) RETURN_IF_ERROR(ListLoose(ref, prefix, refs));
      continue;
    }
    if (entry.kind != fs::Kind::kFile || absl::EndsWith(ref, ".lock") || !absl::StartsWith(ref, prefix)) continue;
    ASSIGN_OR_RETURN(std::string value, ReadLoose(ref));
    if (!value.empty()) refs->insert_or_assign(ref, value);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, std::string>> RefFiles::List(const std::string& prefix) const {
  std::map<std::string, std::string> refs;
  // Loose first: git packs a ref before it removes the loose file, so none is missed.
  RETURN_IF_ERROR(ListLoose(fs::Dirname(prefix + "x"), prefix, &refs));
  ASSIGN_OR_RETURN(std::string packed, ReadPacked());
  for (absl::string_view line : absl::StrSplit(packed, '\n')) {
    auto parsed = ParsePackedLine(line);
    if (parsed.has_value() && absl::StartsWith(parsed->second, prefix)) {
      refs.emplace(std::string(parsed->second), std::string(parsed->first));
    }
  }
  std::erase_if(refs, [](const auto& ref) { return absl::StartsWith(ref.second, kSymbolic); });
  return refs;
}

absl::StatusOr<std::string> RefFiles::NewTemporary(absl::string_view bytes) const {
  fs::PosixFilesystem disk;
  ASSIGN_OR_RETURN(std::string path, NewTemporaryPath(common_dir_));
  RETURN_IF_ERROR(disk.Write(path, bytes, fs::Durability::kAtomic, 0644));
  RETURN_IF_ERROR(disk.Sync(path));
  return path;
}

// With the names of new folders made durable.
absl::Status RefFiles::MakeFolder(const std::string& folder) const {
  fs::PosixFilesystem disk;
  if (disk.Exists(folder)) return absl::OkStatus();
  std::string parent = fs::Dirname(folder);
  RETURN_IF_ERROR(MakeFolder(parent));
  RETURN_IF_ERROR(disk.MakeDirs(folder));
  return disk.Sync(parent);
}

absl::Status RefFiles::CheckNoRefAbove(const std::string& ref) const {
  for (std::string above = fs::Dirname(ref); above.size() > 4; above = fs::Dirname(above)) {
    ASSIGN_OR_RETURN(std::string value, Read(above));
    if (!value.empty())
      return absl::FailedPreconditionError(absl::StrCat("cannot make ref ", ref, ": ", above, " is one"));
  }
  return absl::OkStatus();
}

absl::Status RefFiles::Write(const std::string& ref, const std::string& hex,
                             const std::optional<std::string>& expected) const {
  fs::PosixFilesystem disk;
  std::string folder = fs::Dirname(PathOf(ref));
  if (!disk.Exists(folder)) {
    RETURN_IF_ERROR(CheckNoRefAbove(ref));
    RETURN_IF_ERROR(MakeFolder(folder));
  }
  ASSIGN_OR_RETURN(std::string temporary, NewTemporary(hex + "\n"));
  absl::Status wrote = WriteLocked(ref, hex, expected, temporary);
  disk.Remove(temporary).IgnoreError();
  RETURN_IF_ERROR(wrote);
  return disk.Sync(folder);
}

absl::Status RefFiles::WriteLocked(const std::string& ref, const std::string& hex,
                                   const std::optional<std::string>& expected, const std::string& temporary) const {
  fs::PosixFilesystem disk;
  ASSIGN_OR_RETURN(auto lock, RefLock::Acquire(common_dir_, PathOf(ref)));
  ASSIGN_OR_RETURN(std::string present, Read(ref));
  if (expected.has_value() && present != *expected) {
    return absl::AbortedError(absl::StrCat("ref ", ref, " is ", OrNone(present), ", not ", OrNone(*expected)));
  }
  if (present == hex) return absl::OkStatus();
  absl::Status renamed = disk.Rename(temporary, PathOf(ref));
  if (!absl::IsFailedPrecondition(renamed)) return renamed;
  // A folder is in the way: git leaves empty ones behind.
  if (!disk.Remove(PathOf(ref)).ok()) {
    return absl::FailedPreconditionError(absl::StrCat("cannot make ref ", ref, ": there are refs below it"));
  }
  return disk.Rename(temporary, PathOf(ref));
}

absl::Status RefFiles::Remove(const std::vector<RefRemoval>& removals) const {
  std::set<std::string> names;
  for (const RefRemoval& removal : removals) {
    if (removal.expected.has_value()) {
      ASSIGN_OR_RETURN(std::string present, Read(removal.ref));
      if (present != *removal.expected) continue;
    }
    names.insert(removal.ref);
  }
  // Packed first: the other way round an old packed value would come to light for a moment.
  RETURN_IF_ERROR(RemovePacked(names));
  std::set<std::string> folders;
  for (const RefRemoval& removal : removals) {
    if (!names.contains(removal.ref) || !fs::PosixFilesystem().Exists(PathOf(removal.ref))) continue;
    RETURN_IF_ERROR(RemoveLoose(removal));
    folders.insert(fs::Dirname(PathOf(removal.ref)));
  }
  for (const std::string& folder : folders) RETURN_IF_ERROR(fs::PosixFilesystem().Sync(folder));
  return absl::OkStatus();
}

absl::Status RefFiles::RemovePacked(const std::set<std::string>& refs) const {
  fs::PosixFilesystem disk;
  std::string path = fs::Join(common_dir_, "packed-refs");
  while (true) {
    ASSIGN_OR_RETURN(std::string packed, ReadPacked());
    if (!MayHold(packed, refs)) return absl::OkStatus();
    size_t removed = 0;
    std::string kept = WithoutRefs(packed, refs, &removed);
    if (removed == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(std::string temporary, NewTemporary(kept));
    absl::Cleanup remove = [&] { disk.Remove(temporary).IgnoreError(); };
    ASSIGN_OR_RETURN(auto lock, RefLock::Acquire(common_dir_, path));
    ASSIGN_OR_RETURN(std::string now, ReadPacked());
    if (now != packed) continue;  // somebody packed meanwhile
    RETURN_IF_ERROR(disk.Rename(temporary, path));
    return disk.Sync(common_dir_);
  }
}

absl::Status RefFiles::RemoveLoose(const RefRemoval& removal) const {
  ASSIGN_OR_RETURN(auto lock, RefLock::Acquire(common_dir_, PathOf(removal.ref)));
  ASSIGN_OR_RETURN(std::string present, ReadLoose(removal.ref));
  if (present.empty() || (removal.expected.has_value() && present != *removal.expected)) return absl::OkStatus();
  return fs::PosixFilesystem().Remove(PathOf(removal.ref));
}

}  // namespace expq::git
