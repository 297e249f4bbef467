#include "agent/agent.h"

#include <utility>

#include "agent/sync_loop.h"

namespace expq::agent {

struct Agent::Impl {
  SyncLoop loop;
};

Agent::Agent(Tools tools, Options options) : impl_(new Impl{SyncLoop(std::move(tools), options)}) {}
Agent::~Agent() = default;

absl::StatusOr<Summary> Agent::Run(const sync::StopToken& drain, const sync::StopToken& stop) {
  return impl_->loop.Run(drain, stop);
}

}  // namespace expq::agent
