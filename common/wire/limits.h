// Bounds of what goes over the wire, each with its reason.
#pragma once

#include <cstddef>

#include "absl/time/time.h"

namespace expq::wire {

// A grid of 10,000 experiments with their params is about 15 MB in one message; ten times that is room enough.
inline constexpr int kMaxMessageBytes = 256 << 20;
// Bulk bytes go in pieces: large enough for 1 GB/s on loopback, small enough to hold a few a call.
inline constexpr size_t kPieceBytes = 1 << 20;
// An ordinary call that has no answer by then has none: the slowest one, a grid of 10,000, takes 2 s.
inline constexpr absl::Duration kCallDeadline = absl::Seconds(60);
// What a long poll may take beyond the wait that it asks for.
inline constexpr absl::Duration kPollSlack = absl::Seconds(30);
// Packs and blobs: a deadline would bound the size of the data. A dead peer is noticed by keep-alive instead.
inline constexpr absl::Duration kKeepAlive = absl::Seconds(20);

}  // namespace expq::wire
