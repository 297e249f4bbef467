// Amounts as people type and read them: durations ("90s", "1h30m"), sizes ("8G", "512MiB"), times.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace expq::cli {

// Units d h m s ms, largest first or in any order, fractions allowed: "1.5h". InvalidArgument otherwise.
absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text);
// B, K M G T (and KB …, KiB …): all powers of 1024, as DVC's users mean GPU and machine memory. InvalidArgument
// otherwise.
absl::StatusOr<int64_t> ParseSize(absl::string_view text);
absl::StatusOr<int64_t> ParseInteger(absl::string_view text);

// "3s", "2m 10s", "4h 05m", "3d".
std::string ShortDuration(absl::Duration duration);
// "512 MiB", "1.5 GiB"
std::string ShortSize(int64_t bytes);
// RFC 3339 in UTC with whole milliseconds; "" for "not yet".
std::string Rfc3339(absl::Time time);

}  // namespace expq::cli
