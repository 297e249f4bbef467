#include "common/experiment/experiment.h"

#include <array>

namespace expq::experiment {
namespace {

template <typename Enum>
struct Word {
  Enum value;
  absl::string_view name;
};

constexpr std::array<Word<State>, 5> kStates{{{State::kQueued, "queued"},
                                              {State::kRunning, "running"},
                                              {State::kSucceeded, "succeeded"},
                                              {State::kFailed, "failed"},
                                              {State::kCancelled, "cancelled"}}};
constexpr std::array<Word<Cause>, 7> kCauses{{{Cause::kNone, ""},
                                              {Cause::kUserCode, "user-code"},
                                              {Cause::kSetup, "setup"},
                                              {Cause::kBadParams, "bad-params"},
                                              {Cause::kTimeout, "timeout"},
                                              {Cause::kOutOfMemory, "out-of-memory"},
                                              {Cause::kInfrastructure, "infrastructure"}}};
constexpr std::array<Word<OutcomeKind>, 5> kOutcomes{{{OutcomeKind::kSucceeded, "succeeded"},
                                                      {OutcomeKind::kFailed, "failed"},
                                                      {OutcomeKind::kLost, "lost"},
                                                      {OutcomeKind::kPreempted, "preempted"},
                                                      {OutcomeKind::kCancelled, "cancelled"}}};

template <typename Words, typename Enum>
absl::string_view NameIn(const Words& words, Enum value) {
  for (const auto& word : words) {
    if (word.value == value) return word.name;
  }
  return "";
}

template <typename Enum, typename Words>
std::optional<Enum> ParseIn(const Words& words, absl::string_view name) {
  for (const auto& word : words) {
    if (word.name == name) return word.value;
  }
  return std::nullopt;
}

}  // namespace

absl::string_view Name(State state) { return NameIn(kStates, state); }
absl::string_view Name(Cause cause) { return NameIn(kCauses, cause); }
absl::string_view Name(OutcomeKind kind) { return NameIn(kOutcomes, kind); }
std::optional<State> ParseState(absl::string_view name) { return ParseIn<State>(kStates, name); }
std::optional<Cause> ParseCause(absl::string_view name) { return ParseIn<Cause>(kCauses, name); }
std::optional<OutcomeKind> ParseOutcomeKind(absl::string_view name) { return ParseIn<OutcomeKind>(kOutcomes, name); }

bool Satisfies(const Offer& offer, const Resources& need) {
  if (offer.slots < 1 || offer.cpus < need.cpus || offer.memory < need.memory ||
      static_cast<int>(offer.gpu_ids.size()) < need.gpus) {
    return false;
  }
  for (const auto& [key, value] : need.labels) {
    auto it = offer.labels.find(key);
    if (it == offer.labels.end() || (!value.empty() && it->second != value)) return false;
  }
  return true;
}

Offer Subtract(const Offer& offer, const Resources& need, std::vector<std::string>* gpu_ids) {
  Offer rest = offer;
  rest.slots -= 1;
  rest.cpus -= need.cpus;
  rest.memory -= need.memory;
  gpu_ids->assign(rest.gpu_ids.begin(), rest.gpu_ids.begin() + need.gpus);
  rest.gpu_ids.erase(rest.gpu_ids.begin(), rest.gpu_ids.begin() + need.gpus);
  return rest;
}

}  // namespace expq::experiment
