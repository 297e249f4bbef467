#include "common/pipeline/gitignore.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/pipeline/ignore.h"
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

bool GitIgnoreBook::IsIgnored(const std::string& path) const {
  IgnorePatterns patterns(IgnorePatterns::Style::kGit);
  std::string dir;
  for (const std::string& prefix : Prefixes(path)) {
    const std::string file = fs::Join(fs::Join(root_, dir), kFileName);
    if (const auto text = fs_.Read(file); text.ok()) patterns.Add(dir, *text);
    const auto info = fs_.Lstat(fs::Join(root_, prefix));
    if (patterns.Ignores(prefix, info.ok() && info->kind == fs::Kind::kDirectory)) return true;
    dir = prefix;
  }
  return false;
}

absl::Status GitIgnoreBook::Ignore(const std::string& path) {
  sync::MutexLock lock(mutex_);
  if (IsIgnored(path)) return absl::OkStatus();
  const std::string dir = fs::Dirname(path);
  const std::string file = dir == "." ? kFileName : fs::Join(dir, kFileName);
  absl::StatusOr<std::string> text = fs_.Read(fs::Join(root_, file));
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  if (!text.ok()) text = "";
  if (!text->empty() && text->back() != '\n') *text += '\n';
  absl::StrAppend(&*text, "/", Escaped(fs::Basename(path)), "\n");
  RETURN_IF_ERROR(fs_.Write(fs::Join(root_, file), *text, fs::Durability::kAtomic));
  changed_.insert(file);
  return absl::OkStatus();
}

std::set<std::string> GitIgnoreBook::Changed() const {
  sync::MutexLock lock(mutex_);
  return changed_;
}

}  // namespace expq::pipeline
