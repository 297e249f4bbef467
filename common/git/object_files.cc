#include "common/git/object_files.h"

#include <zlib.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "common/git/handles.h"
#include "common/git/pack_builder.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

// Long after the slowest transfer of a pack.
constexpr int64_t kLeftoverAgeNs = int64_t{24} * 3600 * 1'000'000'000;

std::string TemporaryFolder(const std::string& common_dir) { return fs::Join(common_dir, "expq/tmp/git"); }

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

}  // namespace

absl::StatusOr<std::string> NewTemporaryPath(const std::string& common_dir) {
  fs::PosixFilesystem disk;
  std::string folder = TemporaryFolder(common_dir);
  if (!disk.Exists(folder)) RETURN_IF_ERROR(disk.MakeDirs(folder));
  return fs::TemporaryName(fs::Join(folder, "x"));
}

void SweepLeftovers(const std::string& common_dir) {
  fs::PosixFilesystem disk;
  auto entries = disk.List(TemporaryFolder(common_dir));
  if (!entries.ok()) return;
  for (const fs::DirEntry& entry : *entries) {
    std::string path = fs::Join(TemporaryFolder(common_dir), entry.name);
    auto info = disk.Lstat(path);
    if (info.ok() && disk.StampNs() - info->mtime_ns > kLeftoverAgeNs) disk.RemoveTree(path).IgnoreError();
  }
}

absl::StatusOr<std::unique_ptr<Quarantine>> Quarantine::Make(const std::string& common_dir) {
  ASSIGN_OR_RETURN(std::string path, NewTemporaryPath(common_dir));
  RETURN_IF_ERROR(fs::PosixFilesystem().MakeDirs(path));
  return std::unique_ptr<Quarantine>(new Quarantine(path));
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
  ASSIGN_OR_RETURN(std::string temporary, NewTemporaryPath(common_dir_));
  RETURN_IF_ERROR(disk_.Write(temporary, deflated, fs::Durability::kAtomic, 0444));
  moves_.push_back({temporary, fs::Join(common_dir_, absl::StrCat("objects/", hex.substr(0, 2), "/", hex.substr(2)))});
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
  // The index last: git looks for packs by their indexes.
  for (absl::string_view suffix : {".pack", ".idx"}) {
    std::string file = absl::StrCat("pack-", name, suffix);
    moves_.push_back({fs::Join(folder, file), fs::Join(target, file)});
  }
  return absl::OkStatus();
}

absl::Status ObjectFiles::Publish() {
  std::set<std::string> folders;
  for (const Move& move : moves_) {
    RETURN_IF_ERROR(disk_.Sync(move.from));
    std::string folder = fs::Dirname(move.to);
    if (!folders.insert(folder).second || disk_.Exists(folder)) continue;
    RETURN_IF_ERROR(disk_.MakeDirs(folder));
    folders.insert(fs::Dirname(folder));
  }
  for (const Move& move : moves_) RETURN_IF_ERROR(disk_.Rename(move.from, move.to));
  for (const std::string& folder : folders) RETURN_IF_ERROR(disk_.Sync(folder));
  moves_.clear();
  return absl::OkStatus();
}

}  // namespace expq::git
