// Why an experiment waits, in one line for a person. Pure.
#pragma once

#include <string>
#include <vector>

#include "scheduler/core/entry.h"

namespace expq::core {

// What an experiment named in `after` is like now.
struct Dependency {
  std::string name;  // its id when it was removed
  bool exists = true;
  experiment::State state = experiment::State::kQueued;
};

struct Surroundings {
  std::vector<Session> alive;            // sessions whose lease has not ended
  std::vector<Dependency> dependencies;  // of its `after`
  int64_t ahead = 0;                     // ready ones before it in the queue
};

// Empty for an experiment that is not queued.
std::string Explain(const Entry& entry, const Surroundings& around);

// "2 gpus, 64 GiB memory", "a slot" when nothing is asked for.
std::string Describe(const experiment::Resources& need);

}  // namespace expq::core
