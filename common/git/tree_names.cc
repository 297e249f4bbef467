#include "common/git/tree_names.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/git/limits.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

// HFS+ ignores these code points in names: U+200C–U+200F, U+202A–U+202E, U+206A–U+206F, U+FEFF.
bool IsIgnoredByHfs(absl::string_view three_bytes) {
  if (three_bytes.size() < 3) return false;
  unsigned char a = three_bytes[0], b = three_bytes[1], c = three_bytes[2];
  if (a == 0xe2 && b == 0x80) return (c >= 0x8c && c <= 0x8f) || (c >= 0xaa && c <= 0xae);
  if (a == 0xe2 && b == 0x81) return c >= 0xaa && c <= 0xaf;
  return a == 0xef && b == 0xbb && c == 0xbf;
}

std::string AsHfsSees(absl::string_view name) {
  std::string seen;
  for (size_t i = 0; i < name.size();) {
    if (IsIgnoredByHfs(name.substr(i))) {
      i += 3;
    } else {
      seen += name[i++];
    }
  }
  return seen;
}

// NTFS drops what follows a colon (a stream) and dots and spaces at the end.
absl::string_view AsNtfsSees(absl::string_view name) {
  name = name.substr(0, name.find(':'));
  size_t end = name.find_last_not_of(" .");
  return end == absl::string_view::npos ? absl::string_view() : name.substr(0, end + 1);
}

bool IsDotGit(absl::string_view name) {
  absl::string_view ntfs = AsNtfsSees(name);
  return absl::EqualsIgnoreCase(ntfs, ".git") || absl::EqualsIgnoreCase(ntfs, "git~1") ||
         absl::EqualsIgnoreCase(AsHfsSees(name), ".git");
}

absl::Status Refuse(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("name '", absl::Utf8SafeCHexEscape(name.substr(0, 200)), "' ", why));
}

}  // namespace

absl::Status CheckName(absl::string_view name) {
  if (name.empty()) return Refuse(name, "is empty");
  if (name.find('/') != absl::string_view::npos || name.find('\0') != absl::string_view::npos) {
    return Refuse(name, "has a slash or a zero byte in it");
  }
  for (absl::string_view part : absl::StrSplit(name, '\\')) {
    if (part == "." || part == "..") return Refuse(name, "leads out of its folder");
    if (IsDotGit(part)) return Refuse(name, "could be taken for a .git folder");
  }
  return absl::OkStatus();
}

absl::Status CheckPath(absl::string_view path) {
  if (path.size() > kMaxPathBytes) return Refuse(path, absl::StrCat("… is a path of ", path.size(), " bytes"));
  for (absl::string_view name : absl::StrSplit(path, '/')) {
    if (absl::Status checked = CheckName(name); !checked.ok()) {
      return status::Annotate(checked, absl::StrCat("path '", absl::Utf8SafeCHexEscape(path), "'"));
    }
  }
  return absl::OkStatus();
}

}  // namespace expq::git
