#include "common/git/object_files.h"

#include <zlib.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/git/handles.h"
#include "common/git/pack_builder.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

// Long after the slowest transfer of a pack.
constexpr int64_t kLeftoverAgeNs = int64_t{24} * 3600 * 1'000'000'000;
constexpr absl::string_view kQuarantinePrefix = "git-";

// A name that nobody else uses, also on other machines.
std::string UniqueSuffix() { return fs::Basename(fs::TemporaryName("x")).substr(1); }

// git's loose format: zlib of "<type> <size>\0<bytes>".
absl::StatusOr<std::string> Deflate(absl::string_view header, absl::string_view bytes) {
  z_stream stream{};
  // The fastest level, as git itself does for loose objects.
  if (deflateInit(&stream, Z_BEST_SPEED) != Z_OK) return absl::InternalError("cannot start zlib");
  std::string out(deflateBound(&stream, header.size() + bytes.size()) + 16, '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  auto feed = [&](absl::string_view piece, int flush) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<uInt>(piece.size());
    return deflate(&stream, flush);
  };
  int code = feed(header, Z_NO_FLUSH);
  if (code == Z_OK) code = feed(bytes, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return absl::InternalError("zlib cannot compress an object");
  return out;
}

void SweepLeftovers(fs::PosixFilesystem& disk, const std::string& folder, int64_t now_ns) {
  auto entries = disk.List(folder);
  if (!entries.ok()) return;
  for (const fs::DirEntry& entry : *entries) {
    if (!absl::StartsWith(entry.name, kQuarantinePrefix)) continue;
    std::string path = fs::Join(folder, entry.name);
    auto info = disk.Lstat(path);
    if (info.ok() && now_ns - info->mtime_ns > kLeftoverAgeNs) disk.RemoveTree(path).IgnoreError();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Quarantine>> Quarantine::Make(const std::string& common_dir) {
  fs::PosixFilesystem disk;
  std::string folder = fs::Join(common_dir, "expq/tmp");
  std::string path = fs::Join(folder, absl::StrCat(kQuarantinePrefix, UniqueSuffix()));
  RETURN_IF_ERROR(disk.MakeDirs(path));
  std::unique_ptr<Quarantine> quarantine(new Quarantine(path));
  // The age of a leftover by the file system's own clock: that of the folder just made.
  ASSIGN_OR_RETURN(fs::FileInfo made, disk.Lstat(path));
  SweepLeftovers(disk, folder, made.mtime_ns);
  return quarantine;
}

Quarantine::~Quarantine() { fs::PosixFilesystem().RemoveTree(path_).IgnoreError(); }

ObjectFiles::~ObjectFiles() {
  for (const Move& move : moves_) disk_.Remove(move.from).IgnoreError();
}

absl::Status ObjectFiles::AddLoose(const git_oid& id, git_object_t type, absl::string_view bytes) {
  ASSIGN_OR_RETURN(
      std::string deflated,
      Deflate(absl::StrCat(git_object_type2string(type), " ", bytes.size(), absl::string_view("\0", 1)), bytes));
  std::string hex = Hex(id);
  std::string folder = fs::Join(common_dir_, absl::StrCat("objects/", hex.substr(0, 2)));
  std::string temporary = fs::Join(folder, absl::StrCat("tmp_obj_", UniqueSuffix()));
  absl::Status wrote = disk_.Write(temporary, deflated, fs::Durability::kAtomic, 0444);
  if (absl::IsNotFound(wrote)) {
    RETURN_IF_ERROR(disk_.MakeDirs(folder));
    folders_.insert(fs::Dirname(folder));
    wrote = disk_.Write(temporary, deflated, fs::Durability::kAtomic, 0444);
  }
  RETURN_IF_ERROR(wrote);
  moves_.push_back({temporary, fs::Join(folder, hex.substr(2))});
  return absl::OkStatus();
}

absl::Status ObjectFiles::AddPackOf(git_odb* odb, const std::vector<git_oid>& ids) {
  if (quarantine_ == nullptr) {
    ASSIGN_OR_RETURN(quarantine_, Quarantine::Make(common_dir_));
  }
  ASSIGN_OR_RETURN(RepositoryHandle repo, WithoutRefs(odb));
  PackBuilderHandle builder;
  if (int code = git_packbuilder_new(Out(builder), repo.get()); code < 0)
    return LibraryError(code, "cannot make a pack");
  for (const git_oid& id : ids) {
    if (int code = git_packbuilder_insert(builder.get(), &id, nullptr); code < 0) {
      return LibraryError(code, absl::StrCat("cannot pack object ", Hex(id)));
    }
  }
  if (int code = git_packbuilder_write(builder.get(), quarantine_->path().c_str(), 0444, nullptr, nullptr); code < 0) {
    return LibraryError(code, "cannot write a pack");
  }
  return AddPackFiles(quarantine_->path(), git_packbuilder_name(builder.get()));
}

absl::Status ObjectFiles::AddPackFiles(const std::string& folder, const std::string& name) {
  std::string target = fs::Join(common_dir_, "objects/pack");
  RETURN_IF_ERROR(disk_.MakeDirs(target));
  // The index last: git looks for packs by their indexes.
  for (absl::string_view suffix : {".pack", ".idx"}) {
    std::string file = absl::StrCat("pack-", name, suffix);
    moves_.push_back({fs::Join(folder, file), fs::Join(target, file)});
  }
  return absl::OkStatus();
}

absl::Status ObjectFiles::Publish() {
  for (const Move& move : moves_) RETURN_IF_ERROR(disk_.Sync(move.from));
  for (const Move& move : moves_) {
    RETURN_IF_ERROR(disk_.Rename(move.from, move.to));
    folders_.insert(fs::Dirname(move.to));
  }
  for (const std::string& folder : folders_) RETURN_IF_ERROR(disk_.Sync(folder));
  moves_.clear();
  folders_.clear();
  return absl::OkStatus();
}

}  // namespace expq::git
