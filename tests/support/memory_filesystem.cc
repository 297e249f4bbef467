#include "tests/support/memory_filesystem.h"

#include <algorithm>

#include "common/status/status.h"

namespace expq::testing {
namespace {

using fs::FileInfo;
using fs::Kind;
using fs::Normalize;
using sync::MutexLock;

absl::Status Absent(const std::string& path) { return absl::NotFoundError(absl::StrCat("no such file: ", path)); }

absl::Status WrongKind(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat("wrong kind of file: ", path));
}

}  // namespace

MemoryFilesystem::MemoryFilesystem() {
  MutexLock lock(mutex_);
  nodes_["/"] = NewNode(Kind::kDirectory, 0755);
}

int64_t MemoryFilesystem::Tick() { return now_ns_ += 1'000'000'000; }

MemoryFilesystem::NodePtr MemoryFilesystem::NewNode(Kind kind, uint32_t mode) {
  auto node = std::make_shared<Node>();
  int64_t now = Tick();
  node->info = FileInfo{.kind = kind, .mode = mode, .mtime_ns = now, .ctime_ns = now, .device = 1};
  node->info.inode = next_inode_++;
  return node;
}

absl::StatusOr<MemoryFilesystem::NodePtr> MemoryFilesystem::Find(const std::string& path, bool follow) const {
  std::string at = Normalize(path);
  for (int hops = 0; hops < 40; ++hops) {
    auto found = nodes_.find(at);
    if (found == nodes_.end()) return Absent(path);
    if (!follow || found->second->info.kind != Kind::kSymlink) return found->second;
    at = Normalize(fs::Join(fs::Dirname(at), found->second->bytes));
  }
  return WrongKind(path);
}

absl::StatusOr<MemoryFilesystem::NodePtr> MemoryFilesystem::FindFile(const std::string& path) const {
  ASSIGN_OR_RETURN(NodePtr node, Find(path, /*follow=*/true));
  if (node->info.kind != Kind::kFile) return WrongKind(path);
  return node;
}

absl::Status MemoryFilesystem::NeedParent(const std::string& path) const {
  ASSIGN_OR_RETURN(NodePtr parent, Find(fs::Dirname(Normalize(path)), /*follow=*/true));
  return parent->info.kind == Kind::kDirectory ? absl::OkStatus() : WrongKind(path);
}

std::vector<std::string> MemoryFilesystem::Below(const std::string& dir) const {
  std::vector<std::string> below;
  for (const auto& [path, node] : nodes_) {
    if (path != dir && fs::IsWithin(path, dir)) below.push_back(path);
  }
  return below;
}

void MemoryFilesystem::Drop(const std::string& path) {
  auto found = nodes_.find(path);
  if (found == nodes_.end()) return;
  --found->second->info.links;
  found->second->info.ctime_ns = Tick();
  nodes_.erase(found);
}

absl::StatusOr<FileInfo> MemoryFilesystem::Lstat(const std::string& path) const {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(NodePtr node, Find(path, /*follow=*/false));
  return node->info;
}

absl::StatusOr<FileInfo> MemoryFilesystem::Stat(const std::string& path) const {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(NodePtr node, Find(path, /*follow=*/true));
  return node->info;
}

absl::StatusOr<std::string> MemoryFilesystem::Read(const std::string& path) const {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(NodePtr node, FindFile(path));
  return node->bytes;
}

absl::StatusOr<std::string> MemoryFilesystem::ReadAt(const std::string& path, int64_t offset, int64_t max_bytes) const {
  if (offset < 0 || max_bytes < 0) return absl::InvalidArgumentError(absl::StrCat("negative offset in ", path));
  ASSIGN_OR_RETURN(std::string bytes, Read(path));
  if (offset >= static_cast<int64_t>(bytes.size())) return std::string();
  return bytes.substr(static_cast<size_t>(offset), static_cast<size_t>(max_bytes));
}

absl::Status MemoryFilesystem::ReadStream(const std::string& path, const fs::PieceSink& take) const {
  ASSIGN_OR_RETURN(std::string bytes, Read(path));
  constexpr size_t kPiece = 64 << 10;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    RETURN_IF_ERROR(take(absl::string_view(bytes).substr(at, kPiece)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<fs::DirEntry>> MemoryFilesystem::List(const std::string& dir) const {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(NodePtr node, Find(dir, /*follow=*/true));
  if (node->info.kind != Kind::kDirectory) return WrongKind(dir);
  std::vector<fs::DirEntry> entries;
  for (const auto& [path, child] : nodes_) {
    if (path != "/" && nodes_.at(fs::Dirname(path)) == node) entries.push_back({fs::Basename(path), child->info.kind});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

absl::StatusOr<std::string> MemoryFilesystem::ReadLink(const std::string& path) const {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(NodePtr node, Find(path, /*follow=*/false));
  if (node->info.kind != Kind::kSymlink) return WrongKind(path);
  return node->bytes;
}

int64_t MemoryFilesystem::StampNs() const {
  MutexLock lock(mutex_);
  return now_ns_;
}

absl::Status MemoryFilesystem::Write(const std::string& path, absl::string_view bytes, fs::Durability durability,
                                     uint32_t mode) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(NeedParent(path));
  std::string name = Normalize(path);
  auto old = nodes_.find(name);
  if (old != nodes_.end() && old->second->info.kind == Kind::kDirectory) return WrongKind(path);
  Drop(name);
  NodePtr node = NewNode(Kind::kFile, mode & ~0022u);
  node->bytes = std::string(bytes);
  node->info.size = static_cast<int64_t>(bytes.size());
  nodes_[name] = node;
  if (durability == fs::Durability::kDurable) {
    SyncLocked(name);
    SyncLocked(fs::Dirname(name));
  }
  return absl::OkStatus();
}

absl::Status MemoryFilesystem::Append(const std::string& path, absl::string_view bytes) {
  MutexLock lock(mutex_);
  absl::StatusOr<NodePtr> node = FindFile(path);
  if (absl::IsNotFound(node.status())) {
    RETURN_IF_ERROR(NeedParent(path));
    node = NewNode(Kind::kFile, 0644);
    nodes_[Normalize(path)] = *node;
  }
  if (!node.ok()) return node.status();
  absl::StrAppend(&(*node)->bytes, bytes);
  (*node)->info.size = static_cast<int64_t>((*node)->bytes.size());
  (*node)->info.mtime_ns = (*node)->info.ctime_ns = Tick();
  return absl::OkStatus();
}

absl::Status MemoryFilesystem::MakeDirs(const std::string& dir) {
  MutexLock lock(mutex_);
  std::string path = Normalize(dir);
  std::vector<std::string> missing;
  while (nodes_.count(path) == 0) {
    missing.push_back(path);
    path = fs::Dirname(path);
  }
  ASSIGN_OR_RETURN(NodePtr lowest, Find(path, /*follow=*/true));
  if (lowest->info.kind != Kind::kDirectory) return WrongKind(path);
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
    nodes_[*folder] = NewNode(Kind::kDirectory, 0755);
  }
  return absl::OkStatus();
}

absl::Status MemoryFilesystem::Remove(const std::string& path) {
  MutexLock lock(mutex_);
  std::string name = Normalize(path);
  if (!Below(name).empty()) return WrongKind(path);
  Drop(name);
  return absl::OkStatus();
}

absl::Status MemoryFilesystem::RemoveTree(const std::string& path) {
  MutexLock lock(mutex_);
  std::string name = Normalize(path);
  for (const std::string& below : Below(name)) Drop(below);
  Drop(name);
  return absl::OkStatus();
}

absl::Status MemoryFilesystem::Rename(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  std::string source = Normalize(from), target = Normalize(to);
  ASSIGN_OR_RETURN(NodePtr node, Find(source, /*follow=*/false));
  RETURN_IF_ERROR(NeedParent(target));
  auto old = nodes_.find(target);
  if (old != nodes_.end() && old->second == node) return absl::OkStatus();  // as POSIX has it: both names stay
  bool is_dir = node->info.kind == Kind::kDirectory;
  if (old != nodes_.end() && (is_dir || old->second->info.kind == Kind::kDirectory)) {
    if (!is_dir || old->second->info.kind != Kind::kDirectory || !Below(target).empty()) return WrongKind(to);
  }
  Drop(target);
  std::vector<std::string> moved = Below(source);
  for (const std::string& path : moved) {
    nodes_[target + path.substr(source.size())] = nodes_[path];
    nodes_.erase(path);
  }
  nodes_.erase(source);
  nodes_[target] = node;
  node->info.ctime_ns = Tick();
  return absl::OkStatus();
}

absl::Status MemoryFilesystem::Link(fs::LinkKind kind, const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  if (nodes_.count(Normalize(to)) > 0) return absl::AlreadyExistsError(absl::StrCat("there is already a ", to));
  if (forbidden_.count(kind) > 0) return absl::UnimplementedError("no such links here");
  RETURN_IF_ERROR(NeedParent(to));
  return LinkLocked(kind, from, Normalize(to));
}

absl::Status MemoryFilesystem::LinkLocked(fs::LinkKind kind, const std::string& from, const std::string& to) {
  if (kind == fs::LinkKind::kSymlink) {
    nodes_[to] = NewNode(Kind::kSymlink, 0777);
    nodes_[to]->bytes = nodes_[to]->synced = from;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(NodePtr source, FindFile(from));
  if (kind == fs::LinkKind::kHardlink) {
    ++source->info.links;
    source->info.ctime_ns = Tick();
    nodes_[to] = source;
    return absl::OkStatus();
  }
  NodePtr copy = NewNode(Kind::kFile, source->info.mode);
  copy->bytes = source->bytes;
  copy->info.size = source->info.size;
  copy->info.mtime_ns = source->info.mtime_ns;
  nodes_[to] = copy;
  return absl::OkStatus();
}

absl::Status MemoryFilesystem::Chmod(const std::string& path, uint32_t mode) {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(NodePtr node, Find(path, /*follow=*/true));
  node->info.mode = mode;
  node->info.ctime_ns = Tick();
  return absl::OkStatus();
}

absl::Status MemoryFilesystem::Sync(const std::string& path) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Find(path, /*follow=*/true).status());
  SyncLocked(Normalize(path));
  return absl::OkStatus();
}

void MemoryFilesystem::SyncLocked(const std::string& path) {
  NodePtr node = nodes_.at(path);
  if (node->info.kind == Kind::kFile) node->synced = node->bytes;
  if (node->info.kind != Kind::kDirectory) return;
  auto is_child = [&](const auto& named) { return named.first != "/" && fs::Dirname(named.first) == path; };
  std::erase_if(synced_names_, is_child);
  for (const auto& named : nodes_) {
    if (is_child(named)) synced_names_.insert(named);
  }
}

void MemoryFilesystem::Advance(int64_t ns) {
  MutexLock lock(mutex_);
  now_ns_ += ns;
}

void MemoryFilesystem::ChangeInPlace(const std::string& path, absl::string_view bytes) {
  MutexLock lock(mutex_);
  absl::StatusOr<NodePtr> node = FindFile(path);
  if (!node.ok()) return;
  (*node)->bytes = std::string(bytes);
  (*node)->info.size = static_cast<int64_t>(bytes.size());
  (*node)->info.mtime_ns = (*node)->info.ctime_ns = Tick();
}

void MemoryFilesystem::PowerCut() {
  MutexLock lock(mutex_);
  std::erase_if(nodes_, [](const auto& named) { return named.second->info.kind != Kind::kDirectory; });
  for (const auto& [path, node] : synced_names_) {
    if (node->info.kind == Kind::kDirectory || nodes_.count(fs::Dirname(path)) == 0) continue;
    node->bytes = node->synced;
    if (node->info.kind == Kind::kFile) node->info.size = static_cast<int64_t>(node->bytes.size());
    nodes_[path] = node;
  }
}

std::vector<std::string> MemoryFilesystem::Files() const {
  MutexLock lock(mutex_);
  std::vector<std::string> files;
  for (const auto& [path, node] : nodes_) {
    if (node->info.kind != Kind::kDirectory) files.push_back(path);
  }
  return files;
}

void MemoryFilesystem::Forbid(fs::LinkKind kind) {
  MutexLock lock(mutex_);
  forbidden_.insert(kind);
}

}  // namespace expq::testing
