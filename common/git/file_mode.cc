#include "common/git/file_mode.h"

namespace expq::git {

git_filemode_t ModeOf(FileMode mode) {
  switch (mode) {
    case FileMode::kFile:
      return GIT_FILEMODE_BLOB;
    case FileMode::kExecutable:
      return GIT_FILEMODE_BLOB_EXECUTABLE;
    case FileMode::kSymlink:
      return GIT_FILEMODE_LINK;
  }
  return GIT_FILEMODE_BLOB;
}

}  // namespace expq::git
