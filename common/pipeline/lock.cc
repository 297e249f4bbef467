#include "common/pipeline/lock.h"

#include <algorithm>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/pipeline/anchors.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

constexpr char kDefaultParams[] = "params.yaml";
constexpr char kStagesHeader[] = "stages:\n";
constexpr size_t kEntryIndent = 4;  // of what stands below a stage's name

const LockedPath* FindPath(const std::vector<LockedPath>& items, absl::string_view path) {
  for (const LockedPath& item : items) {
    if (item.path == path) return &item;
  }
  return nullptr;
}

void SortPaths(std::vector<LockedPath>& items) {
  std::sort(items.begin(), items.end(), [](const LockedPath& a, const LockedPath& b) { return a.path < b.path; });
}

void SortKeys(value::Map& map) {
  std::vector<value::Map::Entry> entries(map.begin(), map.end());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  value::Map sorted;
  for (auto& [key, value] : entries) sorted.Set(key, std::move(value));
  map = std::move(sorted);
}

value::Value EncodePath(const LockedPath& item) {
  value::Map map;
  map.Set("path", item.path);
  if (!item.content.has_value()) return map;
  const Fingerprint& content = *item.content;
  map.Set("hash", "md5");
  map.Set("md5", content.digest.text());
  map.Set("size", content.size);
  if (content.digest.is_dir()) map.Set("nfiles", content.nfiles);
  if (content.is_exec && !content.digest.is_dir()) map.Set("isexec", true);
  return map;
}

value::Value EncodePaths(const std::vector<LockedPath>& items) {
  value::List list;
  for (const LockedPath& item : items) list.push_back(EncodePath(item));
  return list;
}

int64_t IntegerOr(const value::Map& map, absl::string_view key, int64_t otherwise) {
  const value::Value* found = map.Find(key);
  return found != nullptr && found->int64() != nullptr ? *found->int64() : otherwise;
}

bool IsTrue(const value::Map& map, absl::string_view key) {
  const value::Value* found = map.Find(key);
  return found != nullptr && found->boolean() != nullptr && *found->boolean();
}

absl::StatusOr<LockedPath> DecodePath(const value::Value& value) {
  const value::Map* map = value.map();
  const value::Value* path = map == nullptr ? nullptr : map->Find("path");
  if (path == nullptr || path->string() == nullptr) return absl::InvalidArgumentError("an item without a path");
  LockedPath item{.path = *path->string()};
  const value::Value* md5 = map->Find("md5");
  if (md5 == nullptr) return item;
  if (md5->string() == nullptr) return absl::InvalidArgumentError(absl::StrCat(item.path, ": md5 is not a text"));
  absl::StatusOr<digest::Digest> digest = digest::Digest::Parse(*md5->string());
  if (!digest.ok()) return status::Annotate(digest.status(), item.path);
  item.content = Fingerprint{.digest = *std::move(digest),
                             .size = IntegerOr(*map, "size", 0),
                             .nfiles = IntegerOr(*map, "nfiles", 0),
                             .is_exec = IsTrue(*map, "isexec"),
                             .is_old = map->Find("hash") == nullptr};
  return item;
}

absl::StatusOr<std::vector<LockedPath>> DecodePaths(const value::Value* value, absl::string_view what) {
  std::vector<LockedPath> items;
  if (value == nullptr || value->is_null()) return items;
  if (!value->is_list()) return absl::InvalidArgumentError(absl::StrCat(what, " is not a list"));
  for (const value::Value& each : *value->list()) {
    absl::StatusOr<LockedPath> item = DecodePath(each);
    if (!item.ok()) return status::Annotate(item.status(), what);
    items.push_back(*std::move(item));
  }
  return items;
}

absl::StatusOr<std::vector<LockedParams>> DecodeParams(const value::Value* value) {
  std::vector<LockedParams> params;
  if (value == nullptr || value->is_null()) return params;
  if (!value->is_map()) return absl::InvalidArgumentError("params is not a map");
  for (const auto& [file, values] : *value->map()) {
    if (values.is_null()) {
      params.push_back({.path = file});
      continue;
    }
    if (!values.is_map()) return absl::InvalidArgumentError(absl::StrCat("params: ", file, " is not a map"));
    params.push_back({.path = file, .values = *values.map()});
  }
  return params;
}

// The entry's lines as they stand in the file: emitted in their place, so that folding sees the real indentation.
std::string EntryText(const std::string& name, const value::Value& entry) {
  value::Map stages;
  stages.Set(name, entry);
  value::Map root;
  root.Set("stages", std::move(stages));
  return yaml::Emit(root, yaml::Folding::kAsRuamel).substr(sizeof(kStagesHeader) - 1);
}

// What a reader makes of that text.
value::Value ReadBack(const std::string& name, const value::Value& entry) {
  const absl::StatusOr<yaml::Document> document = yaml::Parse(EntryText(name, entry), "dvc.lock");
  const value::Map* map = document.ok() ? document->root.map() : nullptr;
  const value::Value* found = map == nullptr ? nullptr : map->Find(name);
  return found == nullptr ? entry : *found;
}

// A fold at several blanks, or one that may be behind an escape.
bool MayReadBackAsOther(absl::string_view text) {
  return absl::StrContains(text, "  \n") || absl::StrContains(text, "\"");
}

absl::Status CheckSchema(const value::Map& root) {
  const value::Value* schema = root.Find("schema");
  if (schema == nullptr) return absl::InvalidArgumentError("no schema: not a dvc.lock of DVC 2 or later");
  if (schema->string() != nullptr && *schema->string() == "2.0") return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("schema ", value::PythonText(*schema), " instead of '2.0'"));
}

// Whether some value of the file is written once and named elsewhere: its entries are then kept as they stand.
bool HasAnchors(absl::string_view text) { return absl::StrContains(text, ": &") && absl::StrContains(text, ": *"); }

// The lines of the entry whose name stands at `mark`, when they are where DVC writes them; else "".
std::string LinesOf(const std::vector<absl::string_view>& lines, const yaml::Mark& mark) {
  std::string found;
  for (size_t i = static_cast<size_t>(std::max(mark.line, 1)) - 1; i < lines.size() && mark.column == 3; ++i) {
    if (!found.empty() && !absl::StartsWith(lines[i], "    ")) break;
    absl::StrAppend(&found, lines[i], "\n");
  }
  return found;
}

// Whether a line from `at` on begins at the very left.
bool HasOutdentedLine(absl::string_view text) {
  for (size_t at = 0; at < text.size() && (text[at] == ' ' || text[at] == '\n'); ++at) {
    at = text.find('\n', at);
    if (at == absl::string_view::npos || at + 1 == text.size()) return false;
  }
  return !text.empty();
}

// Where the first stage at or after `from` begins: a line indented by two blanks.
size_t StageFrom(absl::string_view text, size_t from) {
  size_t line = text.find("\n  ", from);
  while (line != absl::string_view::npos && (line + 3 == text.size() || absl::ascii_isspace(text[line + 3]))) {
    line = text.find("\n  ", line + 1);
  }
  return line == absl::string_view::npos ? text.size() : line + 1;
}

// A large dvc.lock as DVC writes it, cut between stages into texts that can be read side by side, as many as there are
// cores to do it; else fewer than two. A cut can only be wrong within a text in quotes, and then its parts are no YAML.
std::vector<std::string> IndependentParts(absl::string_view text) {
  constexpr absl::string_view kHeader = "schema: '2.0'\nstages:\n";
  constexpr size_t kWorthwhile = size_t{32} << 10;
  const size_t count = std::min<size_t>({std::thread::hardware_concurrency(), text.size() / kWorthwhile, 8});
  if (count < 2 || !absl::ConsumePrefix(&text, kHeader) || HasOutdentedLine(text) || HasAnchors(text)) return {};
  std::vector<std::string> parts;
  for (size_t left = count; !text.empty(); --left) {
    const size_t end = left == 1 ? text.size() : StageFrom(text, text.size() / left);
    parts.push_back(absl::StrCat(kHeader, text.substr(0, end)));
    text.remove_prefix(end);
  }
  return parts;
}

absl::Status At(const yaml::Document& document, absl::string_view file, const std::vector<std::string>& path,
                const absl::Status& status) {
  const yaml::Mark mark = document.At(path);
  if (mark.line == 0) return status::Annotate(status, absl::StrCat(file, ":1:1"));  // it is not there
  return status::Annotate(status, absl::StrCat(file, ":", mark.line, ":", mark.column));
}

}  // namespace

Fingerprint FingerprintOf(const blob::Content& content) {
  return {.digest = content.digest, .size = content.size, .nfiles = content.nfiles, .is_exec = content.is_exec};
}

const LockedPath* LockEntry::FindDep(absl::string_view path) const { return FindPath(deps, path); }
const LockedPath* LockEntry::FindOut(absl::string_view path) const { return FindPath(outs, path); }

const value::Map* LockEntry::FindParams(absl::string_view path) const {
  for (const LockedParams& file : params) {
    if (file.path == path) return &file.values;
  }
  return nullptr;
}

void LockEntry::Sort() {
  SortPaths(deps);
  SortPaths(outs);
  std::sort(params.begin(), params.end(), [](const LockedParams& a, const LockedParams& b) {
    return std::tuple(a.path != kDefaultParams, a.path) < std::tuple(b.path != kDefaultParams, b.path);
  });
  for (LockedParams& file : params) SortKeys(file.values);
}

value::Value EncodeLockEntry(const LockEntry& entry) {
  value::Map map;
  map.Set("cmd", entry.cmd);
  if (!entry.deps.empty()) map.Set("deps", EncodePaths(entry.deps));
  if (!entry.params.empty()) {
    value::Map params;
    for (const LockedParams& file : entry.params) params.Set(file.path, file.values);
    map.Set("params", std::move(params));
  }
  if (!entry.outs.empty()) map.Set("outs", EncodePaths(entry.outs));
  return map;
}

absl::StatusOr<LockEntry> DecodeLockEntry(const value::Value& value) {
  const value::Map* map = value.map();
  if (map == nullptr) return absl::InvalidArgumentError("an entry that is not a map");
  LockEntry entry;
  if (const value::Value* cmd = map->Find("cmd"); cmd != nullptr) entry.cmd = *cmd;
  ASSIGN_OR_RETURN(entry.deps, DecodePaths(map->Find("deps"), "deps"));
  ASSIGN_OR_RETURN(entry.params, DecodeParams(map->Find("params")));
  ASSIGN_OR_RETURN(entry.outs, DecodePaths(map->Find("outs"), "outs"));
  return entry;
}

LockEntry AsReadBack(const std::string& name, const LockEntry& entry) {
  absl::StatusOr<LockEntry> back = DecodeLockEntry(ReadBack(name, EncodeLockEntry(entry)));
  return back.ok() ? *std::move(back) : entry;
}

absl::StatusOr<Lock> Lock::Parse(absl::string_view text, absl::string_view file) {
  const std::vector<std::string> parts = IndependentParts(text);
  if (parts.size() < 2) return ParseWhole(text, file);
  std::vector<absl::StatusOr<Lock>> locks(parts.size(), absl::UnknownError("not parsed"));
  std::vector<std::thread> threads;
  for (size_t i = 1; i < parts.size(); ++i) {
    threads.emplace_back([&, i] { locks[i] = ParseWhole(parts[i], file); });
  }
  locks[0] = ParseWhole(parts[0], file);
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < locks.size(); ++i) {
    // What is wrong, and in which line, only the whole tells.
    if (!locks[i].ok() || (i > 0 && !locks[0]->Append(*std::move(locks[i])))) return ParseWhole(text, file);
  }
  return *std::move(locks[0]);
}

bool Lock::Append(Lock&& other) {
  for (const Slot& slot : other.slots_) {
    if (by_name_.contains(slot.name)) return false;
  }
  for (Slot& slot : other.slots_) {
    by_name_.emplace(slot.name, slots_.size());
    slots_.push_back(std::move(slot));
  }
  return true;
}

absl::StatusOr<Lock> Lock::ParseWhole(absl::string_view text, absl::string_view file) {
  Lock lock;
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text, file));
  if (document.root.is_null()) return lock;
  const value::Map* root = document.root.map();
  if (root == nullptr) return absl::InvalidArgumentError(absl::StrCat(file, ": not a map"));
  if (root->empty()) return lock;
  if (absl::Status schema = CheckSchema(*root); !schema.ok()) return At(document, file, {"schema"}, schema);
  for (const auto& [key, value] : *root) {
    if (key != "schema" && key != "stages") lock.others_.Set(key, value);
  }
  const value::Value* stages = root->Find("stages");
  if (stages == nullptr || stages->is_null()) return lock;
  if (!stages->is_map()) {
    return At(document, file, {"stages"}, absl::InvalidArgumentError("stages is not a map"));
  }
  for (const auto& [name, value] : *stages->map()) {
    absl::StatusOr<LockEntry> entry = DecodeLockEntry(value);
    if (!entry.ok()) return At(document, file, {"stages", name}, entry.status());
    lock.Place(name, *std::move(entry), value);
  }
  if (HasAnchors(text)) lock.KeepLines(text, document);
  return lock;
}

void Lock::KeepLines(absl::string_view text, const yaml::Document& document) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  std::vector<std::string> texts;
  std::string all(kStagesHeader);
  for (const Slot& slot : slots_) {
    texts.push_back(LinesOf(lines, document.At({"stages", slot.name})));
    absl::StrAppend(&all, texts.back().empty() ? EntryText(slot.name, slot.written) : texts.back());
  }
  // A text in quotes may go on further to the left than its entry: then these lines are not all of it.
  const absl::StatusOr<yaml::Document> kept = yaml::Parse(all, "dvc.lock");
  if (!kept.ok() || !value::Identical(*kept->root.map()->Find("stages"), *document.root.map()->Find("stages"))) return;
  for (size_t i = 0; i < slots_.size(); ++i) {
    slots_[i].settled = !texts[i].empty();
    slots_[i].text = std::move(texts[i]);
  }
}

const LockEntry* Lock::Find(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || !slots_[found->second].entry.has_value()) return nullptr;
  return &*slots_[found->second].entry;
}

std::vector<std::string> Lock::Names() const {
  std::vector<std::string> names;
  for (const Slot& slot : slots_) {
    if (slot.entry.has_value()) names.push_back(slot.name);
  }
  return names;
}

void Lock::Expect(const std::string& name) {
  if (by_name_.emplace(name, slots_.size()).second) slots_.push_back({.name = name});
}

void Lock::Set(const std::string& name, LockEntry entry) {
  value::Value written = EncodeLockEntry(entry);
  Place(name, std::move(entry), std::move(written));
  newest_ = name;
}

void Lock::Place(const std::string& name, LockEntry entry, value::Value written) {
  Expect(name);
  slots_[by_name_.at(name)] = {.name = name, .entry = std::move(entry), .written = std::move(written)};
}

void Lock::Write(Slot& slot) {
  slot.text = WithAnchors(EntryText(slot.name, slot.written), *slot.entry, kEntryIndent);
  slot.settled = !MayReadBackAsOther(slot.text);
}

void Lock::WriteAgain(Slot& slot) {
  value::Value again = ReadBack(slot.name, slot.written);
  slot.settled = value::Identical(again, slot.written);
  if (slot.settled) return;
  slot.written = std::move(again);
  Write(slot);
}

std::string Lock::Encode() {
  std::string stages;
  for (Slot& slot : slots_) {
    if (!slot.entry.has_value()) continue;
    if (slot.text.empty()) {
      Write(slot);
    } else if (!slot.settled && slot.name != newest_) {
      WriteAgain(slot);
    }
    stages += slot.text;
  }
  return absl::StrCat("schema: '2.0'\n", stages.empty() ? "" : kStagesHeader, stages,
                      others_.empty() ? "" : yaml::Emit(others_));
}

}  // namespace expq::pipeline
