#include "scheduler/core/entry.h"

#include <algorithm>

namespace expq::core {

bool Serves(const Session& session, const experiment::ProjectName& project) {
  return session.projects.empty() || std::ranges::find(session.projects, project) != session.projects.end();
}

Place PlaceOf(const Entry& entry) {
  return {
      .minus_priority = -static_cast<int64_t>(entry.priority), .fresh = entry.attempt == 0, .sequence = entry.sequence};
}

}  // namespace expq::core
