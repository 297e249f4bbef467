// Content digests as DVC has them: MD5 in hex, with ".dir" for a directory manifest; SHA-256 for run-cache keys.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace expq::digest {

// The name of a blob. Made only by a factory that validates, so a Digest is always safe to put into a path.
class Digest {
 public:
  // 32 lower-case hex characters, optionally followed by ".dir". InvalidArgument otherwise.
  static absl::StatusOr<Digest> Parse(absl::string_view text);
  // From a hasher or from 16 raw bytes.
  static Digest FromRaw(const unsigned char (&md5)[16], bool is_dir);

  // "d751713988987e9331980363e24189ce.dir"
  const std::string& text() const { return text_; }
  absl::string_view hex() const { return absl::string_view(text_).substr(0, 32); }
  bool is_dir() const { return text_.size() > 32; }

  auto operator<=>(const Digest& other) const { return text_.compare(other.text_) <=> 0; }
  bool operator==(const Digest& other) const { return text_ == other.text_; }
  template <typename H>
  friend H AbslHashValue(H h, const Digest& d) {
    return H::combine(std::move(h), d.text_);
  }

 private:
  explicit Digest(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Incremental MD5. Reusable: Finish resets. Not thread-safe; cheap to keep one a thread.
class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;
  void Update(absl::string_view bytes);
  Digest Finish(bool is_dir = false);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// MD5 of `bytes`; as a manifest when `is_dir`.
Digest Md5Of(absl::string_view bytes, bool is_dir = false);

// CRC-32 of `bytes` (zlib's): finds damage in a file of our own. Costs nothing to start, where OpenSSL reads its
// configuration at the first digest of a process.
uint32_t Crc32(absl::string_view bytes);

// SHA-256 of `bytes`, 64 lower-case hex characters.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace expq::digest
