// Structured fields in one column: a list of netstrings ("5:hello,0:,"), so that any bytes survive and nothing needs a
// parser of JSON. Fields are only ever appended: an old row is read with the defaults of what it lacks.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/experiment/experiment.h"
#include "scheduler/core/entry.h"

namespace expq::store {

class Packer {
 public:
  void Add(absl::string_view text);
  void Add(int64_t number);
  void Add(const std::vector<std::string>& list);
  void Add(const std::map<std::string, std::string>& map);
  void Add(const std::vector<std::pair<std::string, std::string>>& pairs);
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what Packer wrote. After a damaged field every answer is empty and ok() is false; beyond the end likewise
// empty, but ok.
class Unpacker {
 public:
  explicit Unpacker(absl::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  std::string Text() { return std::string(Piece()); }
  int64_t Number();
  std::vector<std::string> List();
  std::map<std::string, std::string> Map();
  std::vector<std::pair<std::string, std::string>> Pairs();

 private:
  absl::string_view Piece();
  absl::string_view Broken();

  absl::string_view rest_;
  bool ok_ = true;
};

// What of an experiment never changes, and no query asks for.
std::string PackSpec(const experiment::Experiment& e);
absl::Status UnpackSpec(absl::string_view bytes, experiment::Experiment& e);

// Equal needs have equal texts: the key of the queue's index.
std::string PackNeed(const experiment::Resources& need);
absl::Status UnpackNeed(absl::string_view bytes, experiment::Resources& need);

std::string PackOffer(const experiment::Offer& offer);
absl::Status UnpackOffer(absl::string_view bytes, experiment::Offer& offer);

std::string PackList(const std::vector<std::string>& list);
absl::Status UnpackList(absl::string_view bytes, std::vector<std::string>& list);

std::string PackMap(const std::map<std::string, std::string>& map);
absl::Status UnpackMap(absl::string_view bytes, std::map<std::string, std::string>& map);

// Microseconds since the epoch; 0 for InfinitePast ("not yet").
int64_t PackTime(absl::Time time);
absl::Time UnpackTime(int64_t micros);

}  // namespace expq::store
