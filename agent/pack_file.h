// A pack between two parties that push and pull: whoever gives pieces writes them into a file, whoever takes them reads
// it. On disk, because a first snapshot is as large as the history.
#pragma once

#include <string>

#include "common/experiment/interfaces.h"
#include "common/fs/filesystem.h"

namespace expq::agent {

// Used by one thread: first the sink, then the source. The file is removed at the end.
class PackFile {
 public:
  PackFile(fs::Filesystem& fs, std::string path) : fs_(fs), path_(std::move(path)) {}
  ~PackFile() { fs_.Remove(path_).IgnoreError(); }
  PackFile(const PackFile&) = delete;
  PackFile& operator=(const PackFile&) = delete;

  experiment::ByteSink Sink();
  experiment::ByteSource Source();

 private:
  fs::Filesystem& fs_;
  const std::string path_;
  int64_t offset_ = 0;
};

}  // namespace expq::agent
