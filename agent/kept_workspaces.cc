#include "agent/kept_workspaces.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/log/log.h"

namespace expq::agent {
namespace {

// An id is 16 bytes: they keep a report small.
constexpr size_t kAtATime = 256;

}  // namespace

std::vector<experiment::ExperimentId> KeptWorkspaces::Next() {
  std::vector<experiment::ExperimentId> ids;
  const auto entries = fs_.List(layout_.KeptDir());
  if (!entries.ok() || entries->empty()) return ids;
  // Sorted by name.
  auto next = std::upper_bound(entries->begin(), entries->end(), last_,
                               [](const std::string& last, const fs::DirEntry& entry) { return last < entry.name; });
  while (ids.size() < std::min(entries->size(), kAtATime)) {
    if (next == entries->end()) next = entries->begin();
    ids.push_back({next->name});
    ++next;
  }
  last_ = ids.back().value;
  return ids;
}

void KeptWorkspaces::Remove(const experiment::ExperimentId& id) {
  // It becomes a path.
  if (id.empty() || !std::all_of(id.value.begin(), id.value.end(), absl::ascii_isalnum)) return;
  const absl::Status removed = fs_.RemoveTree(layout_.KeptOf(id));
  if (!removed.ok()) log::Warning(absl::StrCat("workspaces of ", id.value, " stay: ", removed.message()));
}

}  // namespace expq::agent
