// One file of a directory manifest.
#pragma once

#include <string>

#include "common/digest/digest.h"

namespace expq::blob {

struct ManifestEntry {
  std::string relpath;
  digest::Digest digest;
};

}  // namespace expq::blob
