#include "common/pipeline/gitignore.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

constexpr char kFileName[] = ".gitignore";

// "a/b/c" → "a", "a/b", "a/b/c"
std::vector<std::string> Prefixes(const std::string& path) {
  std::vector<std::string> prefixes;
  std::string prefix;
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    prefix = fs::Join(prefix, part);
    prefixes.push_back(prefix);
  }
  return prefixes;
}

bool SameFile(const std::optional<fs::FileInfo>& a, const std::optional<fs::FileInfo>& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
  return a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

// The pattern that matches this name alone.
std::string Escaped(absl::string_view name) {
  std::string pattern;
  for (const char c : name) {
    if (absl::string_view("[]!*#?").find(c) != absl::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

std::optional<fs::FileInfo> GitIgnoreBook::InfoOf(const std::string& dir) const {
  const auto info = fs_.Stat(fs::Join(fs::Join(root_, dir), kFileName));
  return info.ok() ? std::optional(*info) : std::nullopt;
}

GitIgnoreBook::Folder& GitIgnoreBook::FolderOf(const std::string& dir) {
  std::vector<std::string> dirs = {""};
  if (dir != ".") {
    for (std::string& prefix : Prefixes(dir)) dirs.push_back(std::move(prefix));
  }
  std::vector<std::optional<fs::FileInfo>> infos;
  for (const std::string& one : dirs) infos.push_back(InfoOf(one));
  Folder& folder = folders_[dir];
  if (std::equal(infos.begin(), infos.end(), folder.infos.begin(), folder.infos.end(), SameFile)) return folder;
  folder.patterns.Truncate(0);
  for (const std::string& one : dirs) {
    if (const auto text = fs_.Read(fs::Join(fs::Join(root_, one), kFileName)); text.ok()) {
      folder.patterns.Add(one, *text);
    }
  }
  folder.infos = std::move(infos);
  return folder;
}

bool GitIgnoreBook::IsIgnored(const std::string& path) {
  const IgnorePatterns& patterns = FolderOf(fs::Dirname(path)).patterns;
  for (const std::string& prefix : Prefixes(path)) {
    const auto info = fs_.Lstat(fs::Join(root_, prefix));
    if (patterns.Ignores(prefix, info.ok() && info->kind == fs::Kind::kDirectory)) return true;
  }
  return false;
}

std::string GitIgnoreBook::WithLine(const std::string& file, absl::string_view text, Line line) {
  std::vector<Line>& lines = written_[file];
  const auto joined = [&] { return absl::StrJoin(lines, "", [](std::string* out, const Line& l) { *out += l.text; }); };
  absl::string_view before = text;
  if (absl::ConsumeSuffix(&before, joined()) && (before.empty() || before.back() == '\n')) {
    text = before;
  } else {
    lines.clear();  // whoever has written behind our lines wants them where they are
  }
  const auto place = std::upper_bound(lines.begin(), lines.end(), line.rank,
                                      [](size_t rank, const Line& other) { return rank < other.rank; });
  lines.insert(place, std::move(line));
  return absl::StrCat(text, text.empty() || text.back() == '\n' ? "" : "\n", joined());
}

absl::Status GitIgnoreBook::Ignore(const std::string& path, size_t rank) {
  sync::MutexLock lock(mutex_);
  if (IsIgnored(path)) return absl::OkStatus();
  const std::string dir = fs::Dirname(path);
  const std::string file = dir == "." ? kFileName : fs::Join(dir, kFileName);
  absl::StatusOr<std::string> text = fs_.Read(fs::Join(root_, file));
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  if (!text.ok()) text = "";
  const std::string line = absl::StrCat("/", Escaped(fs::Basename(path)), "\n");
  RETURN_IF_ERROR(fs_.Write(fs::Join(root_, file), WithLine(file, *text, {rank, line}), fs::Durability::kAtomic));
  // Hundreds of stages may add theirs one after the other: what was read is not read again for each.
  Folder& folder = folders_[dir];
  folder.patterns.Add(dir, line);
  folder.infos.back() = InfoOf(dir);
  return absl::OkStatus();
}

std::set<std::string> GitIgnoreBook::Changed() const {
  sync::MutexLock lock(mutex_);
  std::set<std::string> files;
  for (const auto& [file, lines] : written_) files.insert(file);
  return files;
}

}  // namespace expq::pipeline
