// How libgit2 says what kind of a file is tracked. For this room's .cc files only.
#pragma once

#include <git2.h>

#include "common/git/repository.h"

namespace expq::git {

git_filemode_t ModeOf(FileMode mode);

}  // namespace expq::git
