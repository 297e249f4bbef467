// A loop on several threads. Only for this room.
#pragma once

#include <cstddef>
#include <functional>

#include "absl/status/status.h"
#include "common/sync/sync.h"

namespace expq::blob {

// Calls work(i) for every i below `count`, on at most `threads` threads (0 = all cores), the caller's among them.
// After an error no further i is begun; the first error is returned.
absl::Status ForEach(size_t count, int threads, const std::function<absl::Status(size_t)>& work);
// The same; once stopped no further i is begun, and it ends with Cancelled.
absl::Status ForEach(size_t count, int threads, const sync::StopToken& stop,
                     const std::function<absl::Status(size_t)>& work);

}  // namespace expq::blob
