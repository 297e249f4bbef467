// How the simple things look in a message: times, durations, lists, maps, strong strings.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/experiment/experiment.h"
#include "google/protobuf/map.h"
#include "google/protobuf/repeated_ptr_field.h"

namespace expq::codec {

using Strings = google::protobuf::RepeatedPtrField<std::string>;
using StringMap = google::protobuf::Map<std::string, std::string>;

inline void Put(const std::vector<std::string>& in, Strings* out) { out->Assign(in.begin(), in.end()); }
inline std::vector<std::string> Get(const Strings& in) { return {in.begin(), in.end()}; }

template <typename Tag>
void Put(const std::vector<experiment::StrongString<Tag>>& in, Strings* out) {
  for (const auto& item : in) out->Add(std::string(item.value));
}
template <typename Id>
std::vector<Id> GetIds(const Strings& in) {
  std::vector<Id> out;
  out.reserve(in.size());
  for (const std::string& item : in) out.push_back(Id{item});
  return out;
}

inline void Put(const std::map<std::string, std::string>& in, StringMap* out) {
  for (const auto& [key, value] : in) (*out)[key] = value;
}
inline std::map<std::string, std::string> Get(const StringMap& in) { return {in.begin(), in.end()}; }

inline bool IsSet(absl::Time time) { return time != absl::InfinitePast() && time != absl::InfiniteFuture(); }

}  // namespace expq::codec
