// Where an agent keeps things below its data folder. Formats only.
//
//   lock                       held by the one agent that adopts (daemon)
//   work/<n>/                  workspace slots, reused from attempt to attempt
//   work/kept/<id>/<name>-<n>/ workspaces of failed attempts, until the experiment is removed
//   slots/<n>/lock             held by whoever uses the slot
//   slots/<n>/manifest         what the slot was given (slot.h)
//   slots/<n>/attempt          which attempt is prepared in it
//   slots/<n>/stages/<stage>/<command>/  where expq-supervise keeps its files
//   attempts/<id>-<n>/assignment, started, outcome   the spool (spool.h)
//   logs/<id>/<n>/…            logs on their way to the scheduler
//   packs/                     packs on their way
//   locks/                     one computes, the others wait
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "common/experiment/experiment.h"

namespace expq::agent {

// Which attempt: the key of everything that an agent holds.
struct AttemptKey {
  experiment::ExperimentId experiment;
  int attempt = 0;
  auto operator<=>(const AttemptKey&) const = default;
  std::string Text() const { return absl::StrCat(experiment.value, "-", attempt); }
};

class AgentLayout {
 public:
  explicit AgentLayout(std::string dir) : dir_(std::move(dir)) {}

  std::string Lock() const { return dir_ + "/lock"; }
  std::string Slots() const { return dir_ + "/slots"; }
  std::string SlotDir(int slot) const { return absl::StrCat(dir_, "/slots/", slot); }
  std::string SlotLock(int slot) const { return SlotDir(slot) + "/lock"; }
  std::string SlotManifest(int slot) const { return SlotDir(slot) + "/manifest"; }
  std::string SlotAttempt(int slot) const { return SlotDir(slot) + "/attempt"; }
  std::string SlotStages(int slot) const { return SlotDir(slot) + "/stages"; }
  std::string Work() const { return dir_ + "/work"; }
  std::string Workspace(int slot) const { return absl::StrCat(dir_, "/work/", slot); }
  std::string KeptDir() const { return dir_ + "/work/kept"; }
  // All that is kept of one experiment, whatever its name was at the time.
  std::string KeptOf(const experiment::ExperimentId& id) const { return absl::StrCat(KeptDir(), "/", id.value); }
  std::string Kept(const experiment::Experiment& experiment, int attempt) const {
    return absl::StrCat(KeptOf(experiment.id), "/", experiment.name, "-", attempt);
  }
  std::string Attempts() const { return dir_ + "/attempts"; }
  std::string AttemptDir(const AttemptKey& key) const { return absl::StrCat(Attempts(), "/", key.Text()); }
  std::string Logs() const { return dir_ + "/logs"; }
  std::string Packs() const { return dir_ + "/packs"; }
  std::string Locks() const { return dir_ + "/locks"; }

 private:
  std::string dir_;
};

}  // namespace expq::agent
