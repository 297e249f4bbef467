// Room on a disk.
#pragma once

#include <cstdint>
#include <string>

namespace expq::cli {

// Bytes that an ordinary user can still write where `path` is; -1 when unknown.
int64_t FreeDiskSpace(const std::string& path);

}  // namespace expq::cli
