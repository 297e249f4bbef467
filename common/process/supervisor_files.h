// The files of expq-supervise in its state folder (agent/supervise_main.cc draws them). Internal to room process.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/process/identity.h"
#include "common/process/process_runner.h"

namespace expq::process {

struct SupervisorStatus {
  ExitResult result;
  int start_error = 0;  // errno when the program could not be executed
};

class SupervisorFiles {
 public:
  explicit SupervisorFiles(std::string dir) : dir_(std::move(dir)) {}

  absl::Status MakeFolder() const;
  // What an earlier command left in it.
  absl::Status Forget() const;
  absl::Status RenewLease() const;
  // Of the command with this key ("" = any); nullopt when there is none, or it is another command's.
  std::optional<Identity> Supervisor(const std::string& key) const;
  std::optional<SupervisorStatus> Status(const std::string& key) const;

 private:
  std::string dir_;
};

// Tells one command from another that has used the same state folder: argv and working folder, hashed.
std::string KeyOf(const Command& command);
// Of one run in this process, never used again.
std::string FreshKey();

}  // namespace expq::process
