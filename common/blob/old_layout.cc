#include "common/blob/old_layout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

constexpr int64_t kPiece = 1 << 20;  // that DVC reads at a time
constexpr size_t kLook = 512;        // bytes of a piece that say whether it is text

bool IsTextByte(char c) {
  return (c >= 32 && c < 127) || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\b';
}

bool LooksLikeText(absl::string_view piece) {
  const absl::string_view look = piece.substr(0, kLook);
  if (look.find('\0') != absl::string_view::npos) return false;
  const auto strange = std::count_if(look.begin(), look.end(), [](char c) { return !IsTextByte(c); });
  return static_cast<double>(strange) <= 0.30 * static_cast<double>(look.size());
}

}  // namespace

std::string OldObjectPathIn(absl::string_view root, const digest::Digest& digest) {
  const absl::string_view text = digest.text();
  return absl::StrCat(root, "/", text.substr(0, 2), "/", text.substr(2));
}

absl::StatusOr<digest::Digest> OldDigestOf(const fs::FileReader& fs, const std::string& path) {
  digest::Md5 md5;
  for (int64_t offset = 0;; offset += kPiece) {
    ASSIGN_OR_RETURN(const std::string piece, fs.ReadAt(path, offset, kPiece));
    md5.Update(LooksLikeText(piece) ? absl::StrReplaceAll(piece, {{"\r\n", "\n"}}) : piece);
    if (static_cast<int64_t>(piece.size()) < kPiece) return md5.Finish();
  }
}

}  // namespace expq::blob
