// Refs as files, written durably and so that git, DVC and other expq processes never see or make half a change.
//
//   <common>/refs/…            a loose ref: 40 hex and a newline
//   <common>/refs/….lock       git's lock of it. Ours is a symbolic link to "expq": made in one step, and a leftover
//                              of a killed process can be told from a lock of git's
//   <common>/packed-refs       many refs in one file; a loose one wins
//   <common>/expq/refs.lock    flock between expq processes: whoever holds it may remove a leftover lock link
//   <common>/expq/tmp/git/…    a ref being written
//
// libgit2 could write refs, but either without fsync or with one for every object file as well.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/fs/filesystem.h"

namespace expq::git {

// Where given, `expected` must be the present value; "" = must not exist.
struct RefRemoval {
  std::string ref;
  std::optional<std::string> expected;
};

// Stateless but for the folder; thread-safe, also between processes. Names are checked by the caller.
class RefFiles {
 public:
  explicit RefFiles(std::string common_dir) : common_dir_(std::move(common_dir)) {}

  // The value (40 hex), "" when absent, "ref: …" when symbolic.
  absl::StatusOr<std::string> Read(const std::string& ref) const;
  // All that start with `prefix`; symbolic ones left out.
  absl::StatusOr<std::map<std::string, std::string>> List(const std::string& prefix) const;
  // Durable on return. Aborted, Unavailable: as Repository::SetRef.
  absl::Status Write(const std::string& ref, const std::string& hex, const std::optional<std::string>& expected) const;
  // Those that are there and as expected; others stay. Durable on return.
  absl::Status Remove(const std::vector<RefRemoval>& removals) const;

 private:
  std::string PathOf(const std::string& ref) const { return fs::Join(common_dir_, ref); }
  absl::StatusOr<std::string> ReadPacked() const;
  absl::StatusOr<std::string> ReadLoose(const std::string& ref) const;
  absl::Status ListLoose(const std::string& folder, const std::string& prefix,
                         std::map<std::string, std::string>* refs) const;
  absl::Status WriteLocked(const std::string& ref, const std::string& hex, const std::optional<std::string>& expected,
                           const std::string& temporary) const;
  absl::Status MakeFolder(const std::string& folder) const;
  absl::Status CheckNoRefAbove(const std::string& ref) const;
  absl::StatusOr<std::string> NewTemporary(absl::string_view bytes) const;
  absl::Status RemovePacked(const std::set<std::string>& refs) const;
  absl::Status RemoveLoose(const RefRemoval& removal) const;

  std::string common_dir_;
};

}  // namespace expq::git
