// How much this room takes, and why. Beyond a limit: ResourceExhausted, naming the thing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace expq::git {

// Files of one tree. Chromium has 0.5 million; a listing of this many takes about 150 MB.
inline constexpr size_t kMaxTreeFiles = 1'000'000;
// Folders within folders: PATH_MAX / 2 is more than any file system lets a program open by name.
inline constexpr int kMaxTreeDepth = 2000;
// PATH_MAX of Linux: a longer one cannot be checked out.
inline constexpr size_t kMaxPathBytes = 4096;
// One tracked file whose changed content goes into a snapshot: it is held in memory, twice for a moment.
inline constexpr int64_t kMaxSnapshotFileBytes = int64_t{1} << 30;
// New objects that a snapshot gathers in memory before it writes them out early.
inline constexpr size_t kMaxPendingBytes = size_t{32} << 20;
// Up to this many new objects are written as loose files, as git does for small pushes (transfer.unpackLimit); beyond,
// as one pack. Loose costs 0.2 ms an object; a pack 1.5 ms, but thousands of tiny packs slow every later lookup.
inline constexpr size_t kMaxLooseObjects = 24;
// An object this large is never worth the packbuilder's delta search: loose, at zlib's fastest level.
inline constexpr size_t kMaxPackedObjectBytes = size_t{512} << 10;
// A pack from outside: what a first seeding of a large code repository needs. Bytes as sent.
inline constexpr int64_t kMaxPackBytes = int64_t{8} << 30;
// Objects in it (Linux: 10 million); the indexer keeps about 150 bytes of each in memory.
inline constexpr uint32_t kMaxPackObjects = 16'000'000;
// Room on the disk below which no more of a pack is taken: the next piece, its index, and objects that make a thin pack
// whole.
inline constexpr int64_t kLeastRoom = int64_t{4} << 20;
// The same inflated: Linux's whole history has 65 GiB.
inline constexpr uint64_t kMaxInflatedPackBytes = uint64_t{128} << 30;
// A delta in it, and what it makes: both are held in memory, with its base. git itself makes none for files this large
// (core.bigFileThreshold).
inline constexpr uint64_t kMaxDeltaBytes = uint64_t{512} << 20;
// Pieces given to a ByteSink: interfaces.h promises at most 1 MiB.
inline constexpr size_t kMaxPieceBytes = size_t{1} << 20;
// A blob that is read whole into memory.
inline constexpr size_t kMaxBlobBytes = size_t{2} << 30;

}  // namespace expq::git
