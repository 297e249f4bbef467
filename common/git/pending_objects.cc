#include "common/git/pending_objects.h"

#include <git2/sys/odb_backend.h>

#include <cstring>
#include <memory>

#include "common/git/handles.h"
#include "common/git/limits.h"
#include "common/git/object_files.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

// Before loose objects (1) and packs (2).
constexpr int kPriority = 100;

std::string RawId(const git_oid& id) { return std::string(reinterpret_cast<const char*>(id.id), GIT_OID_RAWSZ); }

}  // namespace

// The C face of a PendingObjects.
struct PendingObjects::Backend : git_odb_backend {
  std::unique_ptr<PendingObjects> objects;

  static const Object* Find(git_odb_backend* self, const git_oid* id) {
    return static_cast<Backend*>(self)->objects->Find(id);
  }
  static int Read(void** data, size_t* size, git_object_t* type, git_odb_backend* self, const git_oid* id) {
    const Object* object = Find(self, id);
    if (object == nullptr) return GIT_ENOTFOUND;
    *data = git_odb_backend_data_alloc(self, object->bytes.size() + 1);
    if (*data == nullptr) return -1;
    memcpy(*data, object->bytes.data(), object->bytes.size());
    *size = object->bytes.size();
    *type = object->type;
    return 0;
  }
  static int ReadHeader(size_t* size, git_object_t* type, git_odb_backend* self, const git_oid* id) {
    const Object* object = Find(self, id);
    if (object == nullptr) return GIT_ENOTFOUND;
    *size = object->bytes.size();
    *type = object->type;
    return 0;
  }
  static int Write(git_odb_backend* self, const git_oid* id, const void* data, size_t size, git_object_t type) {
    static_cast<Backend*>(self)->objects->Add(*id, type, std::string(static_cast<const char*>(data), size));
    return 0;
  }
  static int Exists(git_odb_backend* self, const git_oid* id) { return Find(self, id) != nullptr ? 1 : 0; }
  static int Foreach(git_odb_backend* self, git_odb_foreach_cb visit, void* payload) {
    for (const Object& object : static_cast<Backend*>(self)->objects->objects_) {
      if (int code = visit(&object.id, payload); code != 0) return code;
    }
    return 0;
  }
  static void Free(git_odb_backend* self) { delete static_cast<Backend*>(self); }
};

absl::StatusOr<PendingObjects*> PendingObjects::Attach(git_odb* odb) {
  auto backend = std::make_unique<Backend>();
  if (int code = git_odb_init_backend(backend.get(), GIT_ODB_BACKEND_VERSION); code < 0) {
    return LibraryError(code, "cannot make an object database");
  }
  backend->read = Backend::Read;
  backend->read_header = Backend::ReadHeader;
  backend->write = Backend::Write;
  backend->exists = Backend::Exists;
  backend->foreach = Backend::Foreach;
  backend->free = Backend::Free;
  backend->objects.reset(new PendingObjects);
  if (int code = git_odb_add_backend(odb, backend.get(), kPriority); code < 0) {
    return LibraryError(code, "cannot extend the object database");
  }
  return backend.release()->objects.get();
}

const PendingObjects::Object* PendingObjects::Find(const git_oid* id) const {
  if (objects_.empty()) return nullptr;
  auto found = index_.find(RawId(*id));
  return found == index_.end() ? nullptr : &objects_[found->second];
}

void PendingObjects::Add(const git_oid& id, git_object_t type, std::string bytes) {
  if (!index_.emplace(RawId(id), objects_.size()).second) return;
  bytes_ += bytes.size();
  objects_.push_back({id, type, std::move(bytes)});
}

absl::Status PendingObjects::Flush(git_odb* odb, const std::string& common_dir) {
  if (objects_.empty()) return absl::OkStatus();
  ObjectFiles files(common_dir);
  bool as_pack = objects_.size() > kMaxLooseObjects;
  std::vector<git_oid> packed;
  for (const Object& object : objects_) {
    if (as_pack && object.bytes.size() <= kMaxPackedObjectBytes) {
      packed.push_back(object.id);
    } else {
      RETURN_IF_ERROR(files.AddLoose(object.id, object.type, object.bytes));
    }
  }
  if (!packed.empty()) RETURN_IF_ERROR(files.AddPackOf(odb, packed));
  RETURN_IF_ERROR(files.Publish());
  objects_.clear();
  index_.clear();
  bytes_ = 0;
  return absl::OkStatus();
}

absl::Status PendingObjects::FlushWhenLarge(git_odb* odb, const std::string& common_dir) {
  return bytes_ > kMaxPendingBytes ? Flush(odb, common_dir) : absl::OkStatus();
}

}  // namespace expq::git
