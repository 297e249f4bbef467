// Packs out and in. libgit2's packbuilder searches deltas anew (2,600 objects a second and core): right for a submit,
// slow for the first seeding of a large history, for which floor 2 has no git program to ask.
#include <git2/sys/odb_backend.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/fs/filesystem.h"
#include "common/git/limits.h"
#include "common/git/object_files.h"
#include "common/git/open_repository.h"
#include "common/git/pack_builder.h"
#include "common/git/pack_meter.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

// Gathers the packbuilder's many tiny pieces.
struct Outgoing {
  const experiment::ByteSink& sink;
  std::string buffer;
  absl::Status status;

  absl::Status Send() {
    if (buffer.empty()) return absl::OkStatus();
    absl::Status sent = sink(buffer);
    buffer.clear();
    return sent;
  }
  absl::Status Take(absl::string_view bytes) {
    while (!bytes.empty()) {
      size_t fits = std::min(bytes.size(), kMaxPieceBytes - buffer.size());
      absl::StrAppend(&buffer, bytes.substr(0, fits));
      bytes.remove_prefix(fits);
      if (buffer.size() == kMaxPieceBytes) RETURN_IF_ERROR(Send());
    }
    return absl::OkStatus();
  }
  static int Callback(void* data, size_t size, void* payload) {
    auto* self = static_cast<Outgoing*>(payload);
    self->status = self->Take(absl::string_view(static_cast<const char*>(data), size));
    return self->status.ok() ? 0 : GIT_EUSER;
  }
};

absl::Status SelectCommits(const OpenRepository& open, const std::vector<CommitId>& wants,
                           const std::vector<CommitId>& haves, git_revwalk* walk) {
  for (const CommitId& want : wants) {
    ASSIGN_OR_RETURN(CommitHandle commit, open.FindCommit(want));
    if (int code = git_revwalk_push(walk, git_commit_id(commit.get())); code < 0) {
      return LibraryError(code, absl::StrCat("cannot pack commit ", want.value));
    }
  }
  for (const CommitId& have : haves) {
    auto commit = open.FindCommit(have);
    if (!commit.ok()) continue;  // what the other side has and we do not cannot save anything
    if (int code = git_revwalk_hide(walk, git_commit_id(commit->get())); code < 0) {
      return LibraryError(code, absl::StrCat("cannot leave out commit ", have.value));
    }
  }
  return absl::OkStatus();
}

// The objects that are here now. libgit2's indexer asks for each id that an object of the pack names, and for each that
// is in the pack itself the repository's own database would look through its folders anew: four fifths of the time.
absl::StatusOr<OdbHandle> ObjectsAsTheyAre(const OpenRepository& open) {
  OdbHandle odb;
  int code = git_odb_open(Out(odb), fs::Join(open.common_dir, "objects").c_str());
  for (size_t i = 0; code == 0 && i < git_odb_num_backends(odb.get()); ++i) {
    git_odb_backend* backend = nullptr;
    code = git_odb_get_backend(&backend, odb.get(), i);
    if (code == 0) backend->refresh = nullptr;
  }
  if (code < 0) return LibraryError(code, "cannot open the object database");
  return odb;
}

// Feeds a pack from outside to libgit2's indexer, within bounds.
class Incoming {
 public:
  Incoming(const OpenRepository& open, std::string folder) : open_(open), folder_(std::move(folder)) {}

  absl::Status Receive(const experiment::ByteSource& pack) {
    git_indexer_options options = GIT_INDEXER_OPTIONS_INIT;
    options.verify = 1;  // every object that the pack names must be in it or here
    options.progress_cb = [](const git_indexer_progress* progress, void*) {
      return progress->total_objects > kMaxPackObjects ? GIT_EUSER : 0;
    };
    ASSIGN_OR_RETURN(odb_, ObjectsAsTheyAre(open_));
    if (int code = git_indexer_new(Out(indexer_), folder_.c_str(), 0444, odb_.get(), &options); code < 0) {
      return LibraryError(code, "cannot receive a pack");
    }
    int64_t received = 0;
    while (true) {
      ASSIGN_OR_RETURN(std::string piece, pack());
      if (piece.empty()) break;
      received += static_cast<int64_t>(piece.size());
      if (received > kMaxPackBytes) {
        return absl::ResourceExhaustedError(absl::StrCat("pack has more than ", kMaxPackBytes, " bytes"));
      }
      RETURN_IF_ERROR(RequireRoom());
      RETURN_IF_ERROR(meter_.Take(piece));
      RETURN_IF_ERROR(Check(git_indexer_append(indexer_.get(), piece.data(), piece.size(), &progress_)));
    }
    if (received == 0) return absl::DataLossError("pack is empty");
    return Check(git_indexer_commit(indexer_.get(), &progress_));
  }

  size_t count() const { return progress_.total_objects; }
  std::string name() const { return git_indexer_name(indexer_.get()); }

 private:
  // libgit2 writes a pack through a mapping of the file: on a full disk that ends in a signal, not in an error.
  absl::Status RequireRoom() const {
    const auto free = fs::PosixFilesystem().FreeBytes(folder_);
    if (!free.ok() || *free >= kLeastRoom) return absl::OkStatus();
    return status::DiskFull(absl::StrCat("cannot receive a pack in ", folder_, ": No space left on device"));
  }

  absl::Status Check(int code) const {
    if (code >= 0) return absl::OkStatus();
    if (progress_.total_objects > kMaxPackObjects) {
      return absl::ResourceExhaustedError(
          absl::StrCat("pack has ", progress_.total_objects, " objects, more than ", kMaxPackObjects));
    }
    absl::Status error = LibraryError(code, "broken pack");
    const git_error* last = git_error_last();
    bool ours = last != nullptr && (last->klass == GIT_ERROR_OS || last->klass == GIT_ERROR_NOMEMORY);
    return ours || absl::IsResourceExhausted(error) ? error : absl::DataLossError(error.message());
  }

  const OpenRepository& open_;
  const std::string folder_;
  PackMeter meter_;
  OdbHandle odb_;
  IndexerHandle indexer_;
  git_indexer_progress progress_{};
};

// The objects of a small pack as loose files: thousands of tiny packs would slow every lookup.
absl::Status Unpack(const OpenRepository& open, const std::string& index_path, ObjectFiles* files) {
  OdbHandle odb;
  git_odb_backend* backend = nullptr;
  int code = git_odb_new(Out(odb));
  if (code == 0) code = git_odb_backend_one_pack(&backend, index_path.c_str());
  if (code == 0) code = git_odb_add_backend(odb.get(), backend, 1);
  std::vector<git_oid> ids;
  auto collect = [](const git_oid* id, void* payload) {
    static_cast<std::vector<git_oid>*>(payload)->push_back(*id);
    return 0;
  };
  if (code == 0) code = git_odb_foreach(odb.get(), collect, &ids);
  for (const git_oid& id : ids) {
    if (code < 0) break;
    if (git_odb_exists_ext(open.odb.get(), &id, GIT_ODB_LOOKUP_NO_REFRESH) == 1) continue;
    OdbObjectHandle object;
    code = git_odb_read(Out(object), odb.get(), &id);
    if (code < 0) break;
    absl::string_view bytes(static_cast<const char*>(git_odb_object_data(object.get())),
                            git_odb_object_size(object.get()));
    RETURN_IF_ERROR(files->AddLoose(id, git_odb_object_type(object.get()), bytes));
  }
  return code < 0 ? LibraryError(code, "cannot unpack a pack") : absl::OkStatus();
}

}  // namespace

absl::Status Repository::WritePack(const std::vector<CommitId>& wants, const std::vector<CommitId>& haves,
                                   const experiment::ByteSink& sink) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(RepositoryHandle objects, WithoutRefs(open->odb.get()));
  WalkHandle walk;
  PackBuilderHandle builder;
  int code = git_revwalk_new(Out(walk), objects.get());
  if (code == 0) code = git_packbuilder_new(Out(builder), objects.get());
  if (code < 0) return LibraryError(code, "cannot make a pack");
  RETURN_IF_ERROR(SelectCommits(*open, wants, haves, walk.get()));
  git_packbuilder_set_threads(builder.get(), 0);  // as many as there are cores
  code = git_packbuilder_insert_walk(builder.get(), walk.get());
  if (code < 0) return LibraryError(code, "cannot make a pack");
  Outgoing outgoing{.sink = sink, .buffer = {}, .status = {}};
  code = git_packbuilder_foreach(builder.get(), Outgoing::Callback, &outgoing);
  RETURN_IF_ERROR(outgoing.status);
  if (code < 0) return LibraryError(code, "cannot write a pack");
  return outgoing.Send();
}

absl::Status Repository::ReadPack(const experiment::ByteSource& pack) const {
  ASSIGN_OR_RETURN(const OpenRepository* open, Opened());
  ASSIGN_OR_RETURN(auto quarantine, Quarantine::Make(open->common_dir));
  Incoming incoming(*open, quarantine->path());
  RETURN_IF_ERROR(incoming.Receive(pack));
  if (incoming.count() == 0) return absl::OkStatus();
  ObjectFiles files(open->common_dir);
  if (incoming.count() <= kMaxLooseObjects) {
    std::string index = fs::Join(quarantine->path(), absl::StrCat("pack-", incoming.name(), ".idx"));
    RETURN_IF_ERROR(Unpack(*open, index, &files));
  } else {
    RETURN_IF_ERROR(files.AddPackFiles(quarantine->path(), incoming.name()));
  }
  return files.Publish();
}

}  // namespace expq::git
