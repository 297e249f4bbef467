// Measures what a pack from outside would inflate to, while it arrives and before libgit2 sees it: a few kilobytes can
// stand for terabytes. For this room's .cc files only.
//
//   "PACK", version, count (4 bytes each, big-endian), then for each object
//     type and inflated size   4 bits, then 7 a byte, little end first
//     its base                 of a delta: an offset (7 bits a byte), or 20 bytes of an id
//     zlib's bytes             of a delta: base size, result size (7 bits a byte), instructions
//   and 20 bytes of checksum
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace expq::git {

// Used by one thread.
class PackMeter {
 public:
  PackMeter();
  ~PackMeter();
  PackMeter(const PackMeter&) = delete;
  PackMeter& operator=(const PackMeter&) = delete;

  // The next bytes of the pack, however they are cut. ResourceExhausted when an object or the whole is beyond limits.h,
  // DataLoss for what is no pack. That a pack ends too early it leaves to others to say.
  absl::Status Take(absl::string_view bytes);

 private:
  enum class Part { kHeader, kSize, kBaseOffset, kBaseId, kData, kTrailer };

  // Each takes what it can from the beginning of `bytes`.
  absl::Status TakePart(absl::string_view* bytes);
  absl::Status TakeHeader(absl::string_view* bytes);
  absl::Status TakeSize(absl::string_view* bytes);
  absl::Status TakeBaseOffset(absl::string_view* bytes);
  absl::Status TakeData(absl::string_view* bytes);
  // True once `gathered_` holds `size` bytes.
  bool Gather(size_t size, absl::string_view* bytes);
  absl::Status BeginData();
  absl::Status EndData();
  absl::Status Count(uint64_t size, uint64_t limit);

  Part part_ = Part::kHeader;
  std::string gathered_;   // of the present part
  uint32_t objects_ = 0;   // still to come
  bool is_delta_ = false;  // the present object
  uint64_t size_ = 0;      // that it says it has
  uint64_t inflated_ = 0;  // of it so far
  uint64_t total_ = 0;
  z_stream zlib_{};
  std::vector<unsigned char> scratch_;
};

}  // namespace expq::git
