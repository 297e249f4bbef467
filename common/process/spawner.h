// Starting a program without forking this (large, many-threaded) process: posix_spawn, which is vfork underneath.
// Internal to room process.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/process/descriptor.h"

namespace expq::process {

enum class Place {
  kOurGroup,    // a terminal's Ctrl-C reaches it
  kOwnGroup,    // signals to us do not reach it
  kOwnSession,  // the terminal is gone, too
};

struct SpawnRequest {
  std::string program;  // a path, from ResolveProgram
  std::vector<std::string> argv;
  std::vector<std::string> env;
  std::string cwd;          // empty = ours
  std::string output_path;  // stdout and stderr are appended here, stdin is /dev/null; empty = all three inherited …
  bool null_input = true;   // … but then stdin is /dev/null all the same, unless false
  std::vector<std::pair<int, int>> descriptors;  // ours → its; all others above 2 are closed
  Place place = Place::kOwnGroup;
};

struct Child {
  pid_t pid = 0;
  Descriptor descriptor;
};

// Where argv[0] is: as it stands when it has a slash, else in PATH of `env`, seen from `cwd`. NotFound says where it
// looked; PermissionDenied when what is there cannot be executed.
absl::StatusOr<std::string> ResolveProgram(const std::string& name, const std::vector<std::string>& env,
                                           const std::string& cwd);

// The child must be waited for with Reap. NotFound and PermissionDenied name program or folder.
absl::StatusOr<Child> Spawn(const SpawnRequest& request);

// Waits for an ended child and returns its wait status.
int Reap(const Child& child);

}  // namespace expq::process
