// Bounds of what this room takes from outside.
#pragma once

#include <cstdint>

namespace expq::blob {

// Linux's PATH_MAX: a longer one could not be made anyway.
inline constexpr int64_t kMaxRelpathBytes = 4096;
// Ten million files at 100 bytes each.
inline constexpr int64_t kMaxManifestBytes = int64_t{1} << 30;
// 56 bytes each, loaded and saved whole: 28 MB and some 50 ms.
inline constexpr int64_t kMaxIndexEntries = 500'000;

}  // namespace expq::blob
