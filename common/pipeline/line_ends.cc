#include "common/pipeline/line_ends.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/status/status.h"

namespace expq::pipeline {
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

absl::StatusOr<digest::Digest> OfFile(const fs::FileReader& fs, const std::string& path) {
  digest::Md5 md5;
  for (int64_t offset = 0;; offset += kPiece) {
    ASSIGN_OR_RETURN(const std::string piece, fs.ReadAt(path, offset, kPiece));
    md5.Update(LooksLikeText(piece) ? absl::StrReplaceAll(piece, {{"\r\n", "\n"}}) : piece);
    if (static_cast<int64_t>(piece.size()) < kPiece) return md5.Finish();
  }
}

}  // namespace

absl::StatusOr<digest::Digest> DigestOfDvc2(const fs::FileReader& fs, const std::string& path,
                                            const blob::Content& content) {
  if (!content.digest.is_dir()) return OfFile(fs, path);
  std::vector<blob::ManifestEntry> entries = content.files;
  for (blob::ManifestEntry& entry : entries) {
    ASSIGN_OR_RETURN(entry.digest, OfFile(fs, fs::Join(path, entry.relpath)));
  }
  return digest::Md5Of(blob::EncodeManifest(std::move(entries)), /*is_dir=*/true);
}

}  // namespace expq::pipeline
