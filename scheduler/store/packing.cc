#include "scheduler/store/packing.h"

#include <charconv>
#include <limits>

#include "absl/strings/str_cat.h"

namespace expq::store {
namespace {

using experiment::Experiment;
using experiment::Offer;
using experiment::Resources;

constexpr int64_t kForever = -1;

// Bits of the spec's flags.
constexpr int64_t kForce = 1;
constexpr int64_t kSingleItem = 2;
constexpr int64_t kDownstream = 4;
constexpr int64_t kKeepGoing = 8;
constexpr int64_t kNoRunCache = 16;
constexpr int64_t kForceName = 32;
constexpr int64_t kIgnoreErrors = 64;
constexpr int64_t kForceDownstream = 128;
constexpr int64_t kAllowMissing = 256;
constexpr int64_t kPull = 512;

int64_t Flags(const Experiment& e) {
  const auto& o = e.options;
  return (o.force ? kForce : 0) | (o.single_item ? kSingleItem : 0) | (o.downstream ? kDownstream : 0) |
         (o.keep_going ? kKeepGoing : 0) | (o.no_run_cache ? kNoRunCache : 0) | (e.force_name ? kForceName : 0) |
         (o.ignore_errors ? kIgnoreErrors : 0) | (o.force_downstream ? kForceDownstream : 0) |
         (o.allow_missing ? kAllowMissing : 0) | (o.pull ? kPull : 0);
}

absl::Status Check(const Unpacker& unpacker, absl::string_view what) {
  if (unpacker.ok()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("damaged ", what, " in the database"));
}

void AddNeed(Packer& packer, const Resources& need) {
  packer.Add(int64_t{need.cpus});
  packer.Add(need.memory);
  packer.Add(int64_t{need.gpus});
  packer.Add(need.labels);
}

void ReadNeed(Unpacker& unpacker, Resources& need) {
  need.cpus = static_cast<int>(unpacker.Number());
  need.memory = unpacker.Number();
  need.gpus = static_cast<int>(unpacker.Number());
  need.labels = unpacker.Map();
}

}  // namespace

void Packer::Add(absl::string_view text) { absl::StrAppend(&out_, text.size(), ":", text, ","); }

void Packer::Add(int64_t number) { Add(absl::string_view(absl::AlphaNum(number).Piece())); }

void Packer::Add(const std::vector<std::string>& list) {
  Add(static_cast<int64_t>(list.size()));
  for (const std::string& item : list) Add(item);
}

void Packer::Add(const std::map<std::string, std::string>& map) {
  Add(static_cast<int64_t>(map.size()));
  for (const auto& [key, value] : map) {
    Add(key);
    Add(value);
  }
}

void Packer::Add(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Add(static_cast<int64_t>(pairs.size()));
  for (const auto& [key, value] : pairs) {
    Add(key);
    Add(value);
  }
}

absl::string_view Unpacker::Broken() {
  ok_ = false;
  rest_ = {};
  return {};
}

absl::string_view Unpacker::Piece() {
  if (rest_.empty()) return {};
  size_t size = 0;
  auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
  size_t head = static_cast<size_t>(end - rest_.data()) + 1;  // with the colon
  if (error != std::errc() || head >= rest_.size() || rest_[head - 1] != ':' || size >= rest_.size() - head ||
      rest_[head + size] != ',') {
    return Broken();
  }
  absl::string_view piece = rest_.substr(head, size);
  rest_.remove_prefix(head + size + 1);
  return piece;
}

int64_t Unpacker::Number() {
  absl::string_view text = Piece();
  if (text.empty()) return 0;
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) Broken();
  return ok_ ? number : 0;
}

std::vector<std::string> Unpacker::List() {
  std::vector<std::string> list;
  for (int64_t n = Number(); n > 0 && !AtEnd(); --n) list.push_back(Text());
  return list;
}

std::vector<std::pair<std::string, std::string>> Unpacker::Pairs() {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (int64_t n = Number(); n > 0 && !AtEnd(); --n) {
    std::string key = Text();
    pairs.emplace_back(std::move(key), Text());
  }
  return pairs;
}

std::map<std::string, std::string> Unpacker::Map() {
  std::map<std::string, std::string> map;
  for (auto& [key, value] : Pairs()) map.emplace(std::move(key), std::move(value));
  return map;
}

std::string PackSpec(const Experiment& e) {
  Packer packer;
  packer.Add(e.message);
  packer.Add(e.snapshot.value);
  packer.Add(e.overrides);
  packer.Add(e.options.targets);
  packer.Add(e.options.subdir);
  packer.Add(Flags(e));
  packer.Add(int64_t{e.options.stage_jobs});
  packer.Add(e.options.env);
  packer.Add(int64_t{e.retries});
  packer.Add(e.timeout == absl::InfiniteDuration() ? kForever : absl::ToInt64Microseconds(e.timeout));
  std::vector<std::string> after;
  for (const auto& id : e.after) after.push_back(id.value);
  packer.Add(after);
  return packer.Take();
}

absl::Status UnpackSpec(absl::string_view bytes, Experiment& e) {
  Unpacker unpacker(bytes);
  e.message = unpacker.Text();
  e.snapshot.value = unpacker.Text();
  e.overrides = unpacker.List();
  auto& o = e.options;
  o.targets = unpacker.List();
  o.subdir = unpacker.Text();
  int64_t flags = unpacker.Number();
  o.force = flags & kForce;
  o.single_item = flags & kSingleItem;
  o.downstream = flags & kDownstream;
  o.keep_going = flags & kKeepGoing;
  o.no_run_cache = flags & kNoRunCache;
  e.force_name = flags & kForceName;
  o.ignore_errors = flags & kIgnoreErrors;
  o.force_downstream = flags & kForceDownstream;
  o.allow_missing = flags & kAllowMissing;
  o.pull = flags & kPull;
  o.stage_jobs = static_cast<int>(unpacker.Number());
  o.env = unpacker.Pairs();
  e.retries = static_cast<int>(unpacker.Number());
  int64_t timeout = unpacker.Number();
  e.timeout = timeout == kForever ? absl::InfiniteDuration() : absl::Microseconds(timeout);
  for (std::string& id : unpacker.List()) e.after.push_back({std::move(id)});
  return Check(unpacker, "spec of an experiment");
}

std::string PackNeed(const Resources& need) {
  Packer packer;
  AddNeed(packer, need);
  return packer.Take();
}

absl::Status UnpackNeed(absl::string_view bytes, Resources& need) {
  Unpacker unpacker(bytes);
  ReadNeed(unpacker, need);
  return Check(unpacker, "resources");
}

std::string PackOffer(const Offer& offer) {
  Packer packer;
  packer.Add(int64_t{offer.slots});
  packer.Add(int64_t{offer.cpus});
  packer.Add(offer.memory);
  packer.Add(offer.gpu_ids);
  packer.Add(offer.labels);
  packer.Add(offer.closed);
  return packer.Take();
}

absl::Status UnpackOffer(absl::string_view bytes, Offer& offer) {
  Unpacker unpacker(bytes);
  offer.slots = static_cast<int>(unpacker.Number());
  offer.cpus = static_cast<int>(unpacker.Number());
  offer.memory = unpacker.Number();
  offer.gpu_ids = unpacker.List();
  offer.labels = unpacker.Map();
  offer.closed = unpacker.Text();
  return Check(unpacker, "offer of an agent");
}

std::string PackList(const std::vector<std::string>& list) {
  if (list.empty()) return "";
  Packer packer;
  packer.Add(list);
  return packer.Take();
}

absl::Status UnpackList(absl::string_view bytes, std::vector<std::string>& list) {
  Unpacker unpacker(bytes);
  list = unpacker.List();
  return Check(unpacker, "list");
}

std::string PackMap(const std::map<std::string, std::string>& map) {
  if (map.empty()) return "";
  Packer packer;
  packer.Add(map);
  return packer.Take();
}

absl::Status UnpackMap(absl::string_view bytes, std::map<std::string, std::string>& map) {
  Unpacker unpacker(bytes);
  map = unpacker.Map();
  return Check(unpacker, "properties");
}

int64_t PackTime(absl::Time time) { return time == absl::InfinitePast() ? 0 : absl::ToUnixMicros(time); }

absl::Time UnpackTime(int64_t micros) { return micros == 0 ? absl::InfinitePast() : absl::FromUnixMicros(micros); }

}  // namespace expq::store
