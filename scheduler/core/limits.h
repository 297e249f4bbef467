// Bounds of the scheduler, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace expq::core {

// An experiment that lost its agent so often in a row is taken to be what kills them.
inline constexpr int kCrashLimit = 5;

// How long a request may be passed over by smaller ones before an agent is held for it: longer than most short
// experiments take, short beside a training.
inline constexpr absl::Duration kHoldAfter = absl::Minutes(5);

// One submit is one transaction and one commit message: some 100 bytes an experiment keep it below 10 MB.
inline constexpr size_t kMaxExperiments = 100'000;

// A name becomes a file name below refs/exps/…; file names end at 255 bytes and git adds ".lock".
inline constexpr size_t kMaxNameBytes = 200;

// Grants of one call: an assignment is about 1 KiB, a gRPC message ends at 4 MiB.
inline constexpr int kMaxGrants = 1024;

// Events of one Watch call.
inline constexpr int kMaxEvents = 1000;

// An abbreviated id or revision: git's own lower bound.
inline constexpr size_t kMinPrefix = 4;

// A log chunk, and a read of one (interfaces.h: pieces are at most 1 MiB).
inline constexpr int64_t kMaxLogBytes = int64_t{1} << 20;

// Stages of one attempt that may have a log file: far beyond any pipeline, and it keeps hostile agents finite.
inline constexpr int kMaxLogIndex = 100'000;

// A stage's name becomes part of a log's file name, where a byte may need three.
inline constexpr size_t kMaxStageBytes = 80;

// Experiments of one report whose workspaces an agent keeps: the agent asks for some at a time.
inline constexpr size_t kMaxKept = 256;

// Looks through all events for one report: each takes some 100 ms once there are a million of them.
inline constexpr int kMaxLooks = 8;

// Experiments of other schedulers that agents keep something of: beyond that many they are looked for again.
inline constexpr size_t kMaxStrangers = 10'000;

// Lost agents are shown for so long; a superseded session must be remembered longer than any of its calls can be late.
inline constexpr absl::Duration kForgetSessionAfter = absl::Hours(24 * 7);

// An agent that left in good order is still listed for so long.
inline constexpr absl::Duration kShowGoneFor = absl::Hours(1);

}  // namespace expq::core
