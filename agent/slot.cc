#include "agent/slot.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/git/index_file.h"
#include "common/process/runners.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

constexpr absl::string_view kHeader = "expq-slot 1";

// What a dead agent's supervisor needs to kill what it runs; a process that does not die is in the kernel's hands.
constexpr absl::Duration kPatience = absl::Seconds(30);

char ModeLetter(git::FileMode mode) {
  switch (mode) {
    case git::FileMode::kFile:
      return 'f';
    case git::FileMode::kExecutable:
      return 'x';
    case git::FileMode::kSymlink:
      return 'l';
  }
  return 'f';
}

bool ParseMode(absl::string_view letter, git::FileMode* mode) {
  if (letter == "f") *mode = git::FileMode::kFile;
  if (letter == "x") *mode = git::FileMode::kExecutable;
  if (letter == "l") *mode = git::FileMode::kSymlink;
  return letter == "f" || letter == "x" || letter == "l";
}

bool ModeMatches(const fs::FileInfo& info, git::FileMode mode) {
  if (mode == git::FileMode::kSymlink) return info.kind == fs::Kind::kSymlink;
  return info.kind == fs::Kind::kFile && ((info.mode & 0100) != 0) == (mode == git::FileMode::kExecutable) &&
         (info.mode & 0600) == 0600;
}

// Every folder above `path`, without the root.
void AddParents(const std::string& path, absl::flat_hash_set<std::string>* folders) {
  for (size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0; slash = path.rfind('/', slash - 1)) {
    if (!folders->insert(path.substr(0, slash)).second) return;
  }
}

bool IsNewline(const std::string& path) { return absl::StrContains(path, '\n'); }

}  // namespace

Slot::Slot(fs::Filesystem& fs, AgentLayout layout, int number, std::unique_ptr<fs::FileLock> lock)
    : fs_(fs), layout_(std::move(layout)), number_(number), lock_(std::move(lock)) {
  LoadManifest();
}

void Slot::LoadManifest() {
  auto text = fs_.Read(layout_.SlotManifest(number_));
  if (!text.ok()) return;
  std::vector<absl::string_view> lines = absl::StrSplit(*text, '\n');
  if (lines.size() < 3 || lines[0] != kHeader || lines.back() != "") return;
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    std::pair<absl::string_view, absl::string_view> key = absl::StrSplit(lines[i], absl::MaxSplits(' ', 1));
    if (key.first == "objects") objects_dir_ = std::string(key.second);
    if (key.first == "source") sources_.emplace_back(key.second);
    std::vector<absl::string_view> words = absl::StrSplit(lines[i], absl::MaxSplits(' ', 6));
    Written written;
    if (words.size() != 7 || !ParseMode(words[0], &written.file.mode)) continue;
    if (!absl::SimpleAtoi(words[2], &written.size) || !absl::SimpleAtoi(words[3], &written.mtime_ns) ||
        !absl::SimpleAtoi(words[4], &written.ctime_ns) || !absl::SimpleAtoi(words[5], &written.inode)) {
      continue;
    }
    written.file.blob = std::string(words[1]);
    written.file.path = std::string(words[6]);
    written_[written.file.path] = written;
  }
}

absl::Status Slot::SaveManifest() {
  if (unsaved_ == 0) return absl::OkStatus();
  std::string text = absl::StrCat(kHeader, "\nobjects ", objects_dir_, "\n");
  for (const std::string& source : sources_) {
    if (!IsNewline(source)) absl::StrAppend(&text, "source ", source, "\n");
  }
  for (const auto& [path, written] : written_) {
    if (IsNewline(path)) continue;  // written again by the next process
    absl::StrAppend(&text, absl::string_view(std::string(1, ModeLetter(written.file.mode))), " ", written.file.blob,
                    " ", written.size, " ", written.mtime_ns, " ", written.ctime_ns, " ", written.inode, " ", path,
                    "\n");
  }
  RETURN_IF_ERROR(fs_.Write(layout_.SlotManifest(number_), text, fs::Durability::kAtomic));
  unsaved_ = 0;
  return absl::OkStatus();
}

bool Slot::Unchanged(const Written& written) const {
  auto info = fs_.Lstat(fs::Join(workspace(), written.file.path));
  return info.ok() && ModeMatches(*info, written.file.mode) && info->size == written.size &&
         info->mtime_ns == written.mtime_ns && info->ctime_ns == written.ctime_ns && info->inode == written.inode;
}

absl::Status Slot::Sweep(const std::string& folder, const TreeFiles& files,
                         const absl::flat_hash_set<std::string>& keep, const Folders& folders) {
  ASSIGN_OR_RETURN(std::vector<fs::DirEntry> entries, fs_.List(fs::Join(workspace(), folder)));
  for (const fs::DirEntry& entry : entries) {
    std::string path = folder.empty() ? entry.name : absl::StrCat(folder, "/", entry.name);
    if (keep.contains(path) || path == ".git") continue;
    bool is_folder = entry.kind == fs::Kind::kDirectory;
    if (is_folder && folders.contains(path)) {
      RETURN_IF_ERROR(Sweep(path, files, keep, folders));
      continue;
    }
    auto tracked = std::lower_bound(files.begin(), files.end(), path,
                                    [](const git::TreeFile& file, const std::string& p) { return file.path < p; });
    if (!is_folder && tracked != files.end() && tracked->path == path) continue;
    RETURN_IF_ERROR(fs_.RemoveTree(fs::Join(workspace(), path)));
  }
  return absl::OkStatus();
}

absl::Status Slot::WriteTracked(const git::Repository& repository, const git::TreeFile& file) {
  ASSIGN_OR_RETURN(std::string bytes, repository.ReadBlob(file.blob));
  std::string path = fs::Join(workspace(), file.path);
  RETURN_IF_ERROR(fs_.MakeDirs(fs::Dirname(path)));
  if (file.mode == git::FileMode::kSymlink) {
    RETURN_IF_ERROR(fs_.Remove(path));
    RETURN_IF_ERROR(fs_.Link(fs::LinkKind::kSymlink, bytes, path));
  } else {
    uint32_t mode = file.mode == git::FileMode::kExecutable ? 0777 : 0666;
    RETURN_IF_ERROR(fs_.Overwrite(path, bytes, mode));
  }
  ASSIGN_OR_RETURN(fs::FileInfo info, fs_.Lstat(path));
  written_[file.path] = {file, info.size, info.mtime_ns, info.ctime_ns, info.inode};
  ++unsaved_;
  return absl::OkStatus();
}

absl::Status Slot::Materialize(const git::Repository& repository, std::shared_ptr<const TreeFiles> files) {
  RETURN_IF_ERROR(fs_.MakeDirs(workspace()));
  std::string objects_dir = repository.common_dir() + "/objects";
  if (objects_dir != objects_dir_) {
    objects_dir_ = objects_dir;
    sources_.clear();
    ++unsaved_;
  }
  absl::flat_hash_set<std::string> keep(sources_.begin(), sources_.end());
  Folders folders;
  for (const git::TreeFile& file : *files) {
    AddParents(file.path, &folders);
    keep.erase(file.path);
  }
  for (const std::string& source : sources_) AddParents(source, &folders);
  RETURN_IF_ERROR(Sweep("", *files, keep, folders));

  absl::flat_hash_map<std::string, Written> before;
  before.swap(written_);
  if (before.size() != files->size()) ++unsaved_;
  for (const git::TreeFile& file : *files) {
    auto it = before.find(file.path);
    bool same = it != before.end() && it->second.file.blob == file.blob && it->second.file.mode == file.mode;
    if (same && Unchanged(it->second)) {
      written_.insert(*it);
    } else {
      RETURN_IF_ERROR(WriteTracked(repository, file));
    }
  }
  return absl::OkStatus();
}

absl::Status Slot::WriteIndex() const {
  std::string git = fs::Join(workspace(), ".git");
  // Who wrote that folder wrote the files.
  ASSIGN_OR_RETURN(fs::FileInfo owner, fs_.Lstat(git));
  std::vector<git::IndexEntry> entries;
  entries.reserve(written_.size());
  for (const auto& [path, written] : written_) {
    entries.push_back({.file = written.file,
                       .info = {.size = written.size,
                                .mtime_ns = written.mtime_ns,
                                .ctime_ns = written.ctime_ns,
                                .device = owner.device,
                                .inode = written.inode,
                                .uid = owner.uid,
                                .gid = owner.gid}});
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.file.path < b.file.path; });
  std::string index = fs::Join(git, "index");
  RETURN_IF_ERROR(fs_.Remove(index));
  return git::WriteIndex(index, entries);
}

absl::Status Slot::KeepSources(const std::vector<std::string>& sources) {
  for (const std::string& old : sources_) {
    if (std::find(sources.begin(), sources.end(), old) != sources.end() || IsTracked(old)) continue;
    RETURN_IF_ERROR(fs_.RemoveTree(fs::Join(workspace(), old)));
  }
  if (sources != sources_) ++unsaved_;
  sources_ = sources;
  return absl::OkStatus();
}

std::vector<git::TreeFile> Slot::Touched() const {
  std::vector<git::TreeFile> touched;
  for (const auto& [path, written] : written_) {
    if (!Unchanged(written)) touched.push_back(written.file);
  }
  return touched;
}

absl::Status Slot::MarkPrepared(const AttemptKey& key) {
  return fs_.Write(layout_.SlotAttempt(number_), key.Text() + "\n", fs::Durability::kAtomic);
}

bool Slot::IsPreparedFor(const AttemptKey& key) const {
  auto text = fs_.Read(layout_.SlotAttempt(number_));
  return text.ok() && *text == key.Text() + "\n";
}

// <stages>/<stage>/<number of the command>
absl::Status Slot::EndStages() const {
  auto stages = fs_.List(stages_dir());
  if (!stages.ok()) return absl::OkStatus();  // none ever ran
  for (const fs::DirEntry& stage : *stages) {
    std::string dir = fs::Join(stages_dir(), stage.name);
    ASSIGN_OR_RETURN(std::vector<fs::DirEntry> commands, fs_.List(dir));
    for (const fs::DirEntry& command : commands) {
      RETURN_IF_ERROR(process::EndSupervised(fs::Join(dir, command.name), kPatience));
    }
  }
  return absl::OkStatus();
}

absl::Status Slot::Reset(bool forget_stages) {
  if (!ours_) RETURN_IF_ERROR(EndStages());
  ours_ = true;
  if (!forget_stages) return absl::OkStatus();
  RETURN_IF_ERROR(fs_.RemoveTree(stages_dir()));
  return fs_.Remove(layout_.SlotAttempt(number_));
}

absl::StatusOr<std::string> Slot::Keep(const experiment::Experiment& experiment, int attempt) {
  std::string kept = layout_.Kept(experiment, attempt);
  RETURN_IF_ERROR(fs_.MakeDirs(fs::Dirname(kept)));
  RETURN_IF_ERROR(fs_.RemoveTree(kept));  // of the same attempt, before its agent died
  RETURN_IF_ERROR(fs_.Rename(workspace(), kept));
  written_.clear();
  sources_.clear();
  objects_dir_.clear();
  ++unsaved_;
  return kept;
}

}  // namespace expq::agent
