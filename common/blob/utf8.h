// File names as Python sees them: code points, where a byte that is not UTF-8 is U+DC80 + (byte - 0x80)
// ("surrogateescape"), so that every name goes there and back. Only for this room.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace expq::blob {

std::u32string DecodeUtf8(absl::string_view bytes);
// False for what no name can hold: a surrogate that stands for no byte, or beyond U+10FFFF.
bool AppendUtf8(uint32_t point, std::string& out);

}  // namespace expq::blob
