#include "common/blob/utf8.h"

namespace expq::blob {
namespace {

// The length of the valid sequence at the start of `bytes`, and its code point; 0 when there is none.
size_t ValidSequence(absl::string_view bytes, char32_t* point) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  size_t length = byte(0) < 0x80 ? 1 : byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc0 ? 2 : 0;
  if (length == 0 || byte(0) > 0xf4 || bytes.size() < length) return 0;
  char32_t value = length == 1 ? byte(0) : byte(0) & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    value = (value << 6) | (byte(i) & 0x3f);
  }
  static constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
  *point = value;
  return length;
}

}  // namespace

std::u32string DecodeUtf8(absl::string_view bytes) {
  std::u32string points;
  points.reserve(bytes.size());
  while (!bytes.empty()) {
    char32_t point = 0xdc00 + static_cast<unsigned char>(bytes.front());
    size_t length = ValidSequence(bytes, &point);
    points.push_back(point);
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return points;
}

bool AppendUtf8(uint32_t point, std::string& out) {
  auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point >= 0xdc80 && point <= 0xdcff) {
    put(point - 0xdc00);
    return true;
  }
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | (point >> 6));
  } else if (point < 0x10000) {
    put(0xe0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3f));
  } else {
    put(0xf0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3f));
    put(0x80 | ((point >> 6) & 0x3f));
  }
  if (point >= 0x80) put(0x80 | (point & 0x3f));
  return true;
}

}  // namespace expq::blob
