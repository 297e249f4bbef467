// What `.dvcignore` files leave out of directories that are dependencies, outputs or tracked data.
#pragma once

#include <functional>
#include <string>

#include "common/fs/filesystem.h"

namespace expq::pipeline {

// For blob::CacheOptions::ignored: says of a path below the absolute `root` whether some `.dvcignore` between them
// leaves it out, or is .git, .hg or .dvc. Each folder's file is read once. Thread-safe; `fs` outlives it.
std::function<bool(const std::string& path, bool is_dir)> DataIgnore(const fs::FileReader& fs, std::string root);

}  // namespace expq::pipeline
