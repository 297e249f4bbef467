#include "scheduler/core/explain.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace expq::core {
namespace {

using experiment::Offer;
using experiment::Resources;
using experiment::State;

std::string Memory(int64_t bytes) {
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  if (bytes >= static_cast<int64_t>(kGiB)) return absl::StrFormat("%.3g GiB memory", static_cast<double>(bytes) / kGiB);
  return absl::StrFormat("%.3g MiB memory", static_cast<double>(bytes) / (1024.0 * 1024));
}

std::string Count(int n, absl::string_view what) { return absl::StrCat(n, " ", what, n == 1 ? "" : "s"); }

// The need taken apart: each part alone, with its words.
std::vector<std::pair<std::string, Resources>> Parts(const Resources& need) {
  std::vector<std::pair<std::string, Resources>> parts;
  auto add = [&](std::string words) -> Resources& { return parts.emplace_back(std::move(words), Resources{}).second; };
  if (need.gpus > 0) add(Count(need.gpus, "gpu")).gpus = need.gpus;
  if (need.cpus > 0) add(Count(need.cpus, "cpu")).cpus = need.cpus;
  if (need.memory > 0) add(Memory(need.memory)).memory = need.memory;
  for (const auto& [key, value] : need.labels) {
    add(value.empty() ? absl::StrCat("label ", key) : absl::StrCat("label ", key, "=", value)).labels = {{key, value}};
  }
  return parts;
}

bool AnyHas(const std::vector<Session>& agents, const Resources& need) {
  return std::ranges::any_of(agents, [&](const Session& a) { return Satisfies(a.total, need); });
}

std::string WhyNobodyCan(const Entry& entry, const std::vector<Session>& agents) {
  for (const auto& [words, part] : Parts(entry.need)) {
    if (!AnyHas(agents, part))
      return absl::StrCat("needs ", words, "; no agent has that", part.labels.empty() ? " many" : "");
  }
  return absl::StrCat("needs ", Describe(entry.need), "; no single agent has all of it");
}

std::string WhyClosed(const std::vector<Session>& agents, const Resources& need) {
  auto closed = std::ranges::find_if(agents, [&](const Session& a) { return Satisfies(a.total, need); });
  return absl::StrCat("agent ", closed->agent, " takes nothing: ", closed->free.closed);
}

std::string WhyBlocked(const std::vector<Dependency>& dependencies) {
  for (const Dependency& d : dependencies) {
    if (!d.exists) return absl::StrCat("waits for experiment ", d.name, ", which was removed");
    if (d.state == State::kFailed || d.state == State::kCancelled) {
      return absl::StrCat("waits for ", d.name, ", which ", d.state == State::kFailed ? "failed" : "was cancelled");
    }
  }
  for (const Dependency& d : dependencies) {
    if (d.state != State::kSucceeded) return absl::StrCat("waits for ", d.name);
  }
  return "waits for others";
}

}  // namespace

std::string Describe(const Resources& need) {
  auto parts = Parts(need);
  if (parts.empty()) return "a slot";
  return absl::StrJoin(parts, ", ", [](std::string* out, const auto& part) { out->append(part.first); });
}

std::string Explain(const Entry& entry, const Surroundings& around) {
  if (entry.state != State::kQueued) return "";
  if (!entry.ready) return WhyBlocked(around.dependencies);
  std::vector<Session> serving, taking, open;
  std::ranges::copy_if(around.alive, std::back_inserter(serving),
                       [&](const Session& s) { return Serves(s, entry.project); });
  if (serving.empty()) return "no agent is running";
  if (!AnyHas(serving, entry.need)) return WhyNobodyCan(entry, serving);
  std::ranges::copy_if(serving, std::back_inserter(taking),
                       [](const Session& s) { return !s.draining && !s.drain_requested; });
  if (!AnyHas(taking, entry.need)) return "every agent that could run it is draining";
  std::ranges::copy_if(taking, std::back_inserter(open), [](const Session& s) { return s.free.closed.empty(); });
  if (!AnyHas(open, entry.need)) return WhyClosed(taking, entry.need);
  if (around.ahead > 0) return absl::StrCat(around.ahead, " ahead of it");
  bool free = std::ranges::any_of(open, [&](const Session& s) { return Satisfies(s.free, entry.need); });
  return free ? "is about to start" : absl::StrCat("waits for ", Describe(entry.need), " to become free");
}

}  // namespace expq::core
