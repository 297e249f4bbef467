#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/fs/filesystem.h"

namespace expq::testing {
namespace {

std::string MakeUnique() {
  const char* base = std::getenv("TMPDIR");
  std::string pattern = fs::Join(base != nullptr && *base != '\0' ? base : "/tmp", "expq-test-XXXXXX");
  if (mkdtemp(pattern.data()) == nullptr) {
    ADD_FAILURE() << "cannot make a folder like " << pattern;
    std::abort();
  }
  return pattern;
}

}  // namespace

TempDir::TempDir() : path_(MakeUnique()) {}

// A supervisor that was just told to end may still write its last file.
TempDir::~TempDir() {
  absl::Status removed = fs::PosixFilesystem().RemoveTree(path_);
  for (int again = 0; again < 1000 && absl::IsFailedPrecondition(removed); ++again) {
    removed = fs::PosixFilesystem().RemoveTree(path_);
  }
  EXPECT_TRUE(removed.ok()) << removed;
}

std::string TempDir::operator/(absl::string_view relative) const { return fs::Join(path_, relative); }

std::string TempDir::Write(absl::string_view relative, absl::string_view bytes, uint32_t mode) const {
  std::string path = *this / relative;
  fs::PosixFilesystem disk;
  absl::Status written = disk.MakeDirs(fs::Dirname(path));
  written.Update(disk.Write(path, bytes, fs::Durability::kAtomic));
  written.Update(disk.Chmod(path, mode));
  EXPECT_TRUE(written.ok()) << written;
  return path;
}

std::string TempDir::Read(absl::string_view relative) const {
  absl::StatusOr<std::string> bytes = fs::PosixFilesystem().Read(*this / relative);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : "";
}

}  // namespace expq::testing
