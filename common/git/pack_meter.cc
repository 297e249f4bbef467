#include "common/git/pack_meter.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/git/limits.h"
#include "common/status/status.h"

namespace expq::git {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kIdBytes = 20;
// 63 bits, 7 a byte: no number of this format wraps around.
constexpr size_t kLongestNumber = 9;
// Both sizes at the beginning of a delta.
constexpr size_t kDeltaHeaderBytes = 2 * kLongestNumber;
constexpr size_t kScratchBytes = size_t{64} << 10;

absl::Status Broken(absl::string_view why) { return absl::DataLossError(absl::StrCat("broken pack: ", why)); }

uint32_t BigEndian(absl::string_view bytes) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

// A number of 7 bits a byte, little end first; nullopt when it does not end within `bytes`.
std::optional<uint64_t> TakeNumber(absl::string_view* bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < bytes->size() && i < kLongestNumber; ++i) {
    const auto byte = static_cast<unsigned char>((*bytes)[i]);
    number |= uint64_t{byte & 0x7Fu} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    bytes->remove_prefix(i + 1);
    return number;
  }
  return std::nullopt;
}

}  // namespace

PackMeter::PackMeter() : scratch_(kScratchBytes) { inflateInit(&zlib_); }

PackMeter::~PackMeter() { inflateEnd(&zlib_); }

absl::Status PackMeter::Take(absl::string_view bytes) {
  while (!bytes.empty()) RETURN_IF_ERROR(TakePart(&bytes));
  return absl::OkStatus();
}

absl::Status PackMeter::TakePart(absl::string_view* bytes) {
  switch (part_) {
    case Part::kHeader:
      return TakeHeader(bytes);
    case Part::kSize:
      return TakeSize(bytes);
    case Part::kBaseOffset:
      return TakeBaseOffset(bytes);
    case Part::kBaseId:
      return Gather(kIdBytes, bytes) ? BeginData() : absl::OkStatus();
    case Part::kData:
      return TakeData(bytes);
    case Part::kTrailer:
      *bytes = absl::string_view();
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

bool PackMeter::Gather(size_t size, absl::string_view* bytes) {
  const size_t taken = std::min(size - gathered_.size(), bytes->size());
  gathered_.append(bytes->data(), taken);
  bytes->remove_prefix(taken);
  return gathered_.size() == size;
}

absl::Status PackMeter::TakeHeader(absl::string_view* bytes) {
  if (!Gather(kHeaderBytes, bytes)) return absl::OkStatus();
  const absl::string_view header = gathered_;
  const uint32_t version = BigEndian(header.substr(4));
  if (!absl::StartsWith(header, "PACK") || version < 2 || version > 3) return Broken("it does not begin as one");
  objects_ = BigEndian(header.substr(8));
  gathered_.clear();
  part_ = objects_ == 0 ? Part::kTrailer : Part::kSize;
  return absl::OkStatus();
}

absl::Status PackMeter::TakeSize(absl::string_view* bytes) {
  Gather(gathered_.size() + 1, bytes);
  if ((static_cast<unsigned char>(gathered_.back()) & 0x80) != 0) {
    return gathered_.size() < kLongestNumber ? absl::OkStatus() : Broken("an object's size does not end");
  }
  const auto first = static_cast<unsigned char>(gathered_[0]);
  const int type = first >> 4 & 7;
  absl::string_view rest = absl::string_view(gathered_).substr(1);
  size_ = first & 0x0F;
  if (const std::optional<uint64_t> more = TakeNumber(&rest)) size_ |= *more << 4;
  if (type == 0 || type == 5) return Broken(absl::StrCat("no object is of type ", type));
  is_delta_ = type > 5;
  if (!is_delta_) {
    RETURN_IF_ERROR(Count(size_, kMaxBlobBytes));
    return BeginData();
  }
  RETURN_IF_ERROR(Count(size_, kMaxDeltaBytes));
  gathered_.clear();
  part_ = type == 6 ? Part::kBaseOffset : Part::kBaseId;
  return absl::OkStatus();
}

absl::Status PackMeter::TakeBaseOffset(absl::string_view* bytes) {
  Gather(gathered_.size() + 1, bytes);
  if ((static_cast<unsigned char>(gathered_.back()) & 0x80) == 0) return BeginData();
  return gathered_.size() < kLongestNumber ? absl::OkStatus() : Broken("an offset does not end");
}

absl::Status PackMeter::BeginData() {
  gathered_.clear();
  inflated_ = 0;
  part_ = Part::kData;
  return inflateReset(&zlib_) == Z_OK ? absl::OkStatus() : absl::InternalError("cannot start zlib");
}

absl::Status PackMeter::TakeData(absl::string_view* bytes) {
  zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes->data()));
  zlib_.avail_in = static_cast<uInt>(std::min(bytes->size(), kMaxPieceBytes));
  const size_t offered = zlib_.avail_in;
  zlib_.next_out = scratch_.data();
  zlib_.avail_out = static_cast<uInt>(scratch_.size());
  const int code = inflate(&zlib_, Z_NO_FLUSH);
  const size_t made = scratch_.size() - zlib_.avail_out;
  bytes->remove_prefix(offered - zlib_.avail_in);
  inflated_ += made;
  if (is_delta_ && gathered_.size() < kDeltaHeaderBytes) {
    gathered_.append(reinterpret_cast<char*>(scratch_.data()), std::min(made, kDeltaHeaderBytes - gathered_.size()));
  }
  if (inflated_ > size_) return Broken("an object is larger than it says");
  if (code == Z_STREAM_END) return EndData();
  // zlib that wants neither more input nor more room is at odds with itself.
  const bool moved = made > 0 || zlib_.avail_in < offered;
  return code == Z_OK && moved ? absl::OkStatus() : Broken("an object's bytes are not zlib's");
}

absl::Status PackMeter::EndData() {
  if (inflated_ != size_) return Broken("an object is smaller than it says");
  if (is_delta_) {
    absl::string_view header = gathered_;
    const std::optional<uint64_t> base = TakeNumber(&header);
    const std::optional<uint64_t> result = base ? TakeNumber(&header) : std::nullopt;
    if (!result) return Broken("a delta has no sizes");
    RETURN_IF_ERROR(Count(*result, kMaxDeltaBytes));
  }
  gathered_.clear();
  part_ = --objects_ == 0 ? Part::kTrailer : Part::kSize;
  return absl::OkStatus();
}

absl::Status PackMeter::Count(uint64_t size, uint64_t limit) {
  if (size > limit) {
    return absl::ResourceExhaustedError(absl::StrCat("pack has an object of ", size, " bytes, more than ", limit));
  }
  total_ += size;
  if (total_ <= kMaxInflatedPackBytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("pack inflates to more than ", kMaxInflatedPackBytes, " bytes"));
}

}  // namespace expq::git
