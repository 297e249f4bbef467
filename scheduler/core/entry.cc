#include "scheduler/core/entry.h"

#include <algorithm>
#include <tuple>

namespace expq::core {

bool Serves(const Session& session, const experiment::ProjectName& project) {
  return session.projects.empty() || std::ranges::find(session.projects, project) != session.projects.end();
}

bool Before(const Entry& a, const Entry& b) {
  auto key = [](const Entry& e) { return std::tuple(-static_cast<int64_t>(e.priority), e.attempt == 0, e.sequence); };
  return key(a) < key(b);
}

}  // namespace expq::core
