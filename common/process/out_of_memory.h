// Was it the kernel's OOM killer? It leaves no trace at the process, only a counter. Internal to room process.
#pragma once

#include <cstdint>

#include "common/process/process_runner.h"

namespace expq::process {

// How often the OOM killer has struck on this machine, in any memory group; 0 where the kernel does not tell.
int64_t OomKills();

// A SIGKILL that nobody here sent, while the counter grew. A best guess: it may have struck a neighbour.
bool WasOutOfMemory(const ExitResult& result, int64_t oom_kills_before);

}  // namespace expq::process
