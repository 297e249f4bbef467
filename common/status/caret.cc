#include "common/status/caret.h"

#include <algorithm>
#include <cstdint>

namespace expq::status {
namespace {

// The code point at the front and its length; a broken byte counts as itself.
uint32_t TakeCodePoint(absl::string_view* text) {
  const unsigned char first = static_cast<unsigned char>((*text)[0]);
  const size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  uint32_t code = length == 1 ? first : first & (0xff >> (length + 1));
  for (size_t i = 1; i < length && i < text->size(); ++i)
    code = code << 6 | (static_cast<unsigned char>((*text)[i]) & 0x3f);
  text->remove_prefix(std::min(length, text->size()));
  return code;
}

bool IsWide(uint32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

bool IsMark(uint32_t c) {
  return (c >= 0x300 && c <= 0x36f) || c == 0x200b || c == 0x200d || c == 0xfeff || (c >= 0xfe00 && c <= 0xfe0f);
}

size_t WidthOf(uint32_t c) { return IsMark(c) ? 0 : IsWide(c) ? 2 : 1; }

}  // namespace

int DisplayWidth(absl::string_view text) {
  size_t width = 0;
  while (!text.empty()) width += WidthOf(TakeCodePoint(&text));
  return static_cast<int>(width);
}

std::string CaretBelow(absl::string_view line, size_t at) {
  std::string below;
  for (absl::string_view before = line.substr(0, std::min(at, line.size())); !before.empty();) {
    const uint32_t c = TakeCodePoint(&before);
    below.append(WidthOf(c), c == '\t' ? '\t' : ' ');
  }
  return below + "^";
}

}  // namespace expq::status
