#include "common/pipeline/stage_writer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/fs/filesystem.h"
#include "common/status/status.h"
#include "common/yaml/yaml.h"

namespace expq::pipeline {
namespace {

constexpr absl::string_view kDefaultParams = "params.yaml";
// What DVC keeps of an output that a new definition names again.
constexpr absl::string_view kKeptFlags[] = {"desc", "type", "labels", "meta", "remote"};

value::List Texts(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return value::List(texts.begin(), texts.end());
}

value::List ParamsOf(const std::vector<std::string>& typed) {
  std::map<std::string, std::vector<std::string>> by_file;
  for (const std::string& text : typed) {
    const size_t colon = text.rfind(':');
    const bool has_file = colon != std::string::npos && colon > 0;
    std::vector<std::string>& keys = by_file[has_file ? text.substr(0, colon) : std::string(kDefaultParams)];
    const std::string names = colon == std::string::npos ? text : text.substr(colon + 1);
    for (const absl::string_view key : absl::StrSplit(names, ',', absl::SkipEmpty())) keys.emplace_back(key);
  }
  value::List list;
  for (auto& [file, keys] : by_file) {
    if (file == kDefaultParams && !keys.empty()) {
      value::List first = Texts(keys);
      list.insert(list.begin(), first.begin(), first.end());
      continue;
    }
    value::Map entry;
    entry.Set(file, keys.empty() ? value::Value() : value::Value(Texts(keys)));
    list.emplace_back(std::move(entry));
  }
  return list;
}

value::List OutsOf(const std::vector<Output>& outs, OutputKind kind) {
  std::vector<const Output*> sorted;
  for (const Output& out : outs) {
    if (out.kind == kind) sorted.push_back(&out);
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const Output* a, const Output* b) { return a->path < b->path; });
  value::List list;
  for (const Output* out : sorted) {
    value::Map flags;
    if (!out->cache) flags.Set("cache", false);
    if (out->persist) flags.Set("persist", true);
    if (flags.empty()) {
      list.emplace_back(out->path);
      continue;
    }
    value::Map entry;
    entry.Set(out->path, std::move(flags));
    list.emplace_back(std::move(entry));
  }
  return list;
}

// The flags that `list` says of the output, or null.
const value::Map* FlagsOf(const value::Value* list, const std::string& path) {
  if (list == nullptr || !list->is_list()) return nullptr;
  for (const value::Value& item : *list->list()) {
    const value::Value* flags = item.is_map() ? item.map()->Find(path) : nullptr;
    if (flags != nullptr && flags->is_map()) return flags->map();
  }
  return nullptr;
}

value::Value WithKeptFlags(const value::Value& out, const value::Value* old_list) {
  const std::string path = out.is_map() ? out.map()->begin()->first : *out.string();
  const value::Map* old = FlagsOf(old_list, path);
  value::Map flags;
  for (const absl::string_view key : kKeptFlags) {
    const value::Value* kept = old == nullptr ? nullptr : old->Find(key);
    if (kept != nullptr) flags.Set(key, *kept);
  }
  if (flags.empty()) return out;
  if (out.is_map()) {
    for (const auto& [key, flag] : *out.map()->begin()->second.map()) flags.Set(key, flag);
  }
  value::Map entry;
  entry.Set(path, std::move(flags));
  return value::Value(std::move(entry));
}

// Keys that stay keep their order, new ones follow.
value::Map Replacing(const value::Map& old, const value::Map& definition) {
  value::Map wanted = definition;
  for (const absl::string_view key : {"desc", "meta"}) {
    wanted.Erase(key);
    if (const value::Value* kept = old.Find(key)) wanted.Set(key, *kept);
  }
  for (const absl::string_view key : {"outs", "metrics", "plots"}) {
    value::Value* list = wanted.Find(key);
    if (list == nullptr) continue;
    for (value::Value& out : *list->list()) out = WithKeptFlags(out, old.Find(key));
  }
  value::Map merged;
  for (const auto& [key, value] : old) {
    if (const value::Value* found = wanted.Find(key)) merged.Set(key, *found);
  }
  for (const auto& [key, value] : wanted) merged.Set(key, value);
  return merged;
}

std::vector<std::string> LinesOf(absl::string_view text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// The lines of "NAME:" and what is below it, `indent` columns in.
std::vector<std::string> EmittedLines(const std::string& name, const value::Map& definition, int indent) {
  value::Map stages, top;
  stages.Set(name, definition);
  top.Set("stages", std::move(stages));
  std::vector<std::string> lines = LinesOf(yaml::Emit(value::Value(std::move(top))));
  lines.erase(lines.begin());
  for (std::string& line : lines) line = absl::StrCat(std::string(static_cast<size_t>(indent), ' '), line.substr(2));
  return lines;
}

// A file that has a map of stages, and where they are: indices of lines.
struct Layout {
  int first_column = 0;  // of the stages' names, 1-based
  int end = 0;           // where the next top-level key stands, or the end of the file
};

absl::StatusOr<Layout> LayoutOf(const yaml::Document& document, const std::vector<std::string>& lines,
                                absl::string_view file) {
  const yaml::Mark stages = document.At({"stages"});
  Layout layout{.end = static_cast<int>(lines.size())};
  for (const auto& [key, value] : *document.root.map()) {
    const int line = document.At({key}).line;
    if (line > stages.line) layout.end = std::min(layout.end, line - 1);
  }
  const value::Map* map = document.root.map()->Find("stages")->map();
  if (map != nullptr && !map->empty()) {
    const yaml::Mark first = document.At({"stages", map->begin()->first});
    layout.first_column = first.column;
    if (first.line > stages.line) return layout;
  }
  return status::WithHint(absl::FailedPreconditionError(
                              absl::StrCat(file, ":", stages.line, ": the stages are not written one below the other")),
                          "write 'stages:' without braces, each stage on lines of its own");
}

// The lines [begin, end) of the stage's own text, without the comments and blank lines after it.
std::pair<int, int> StageLines(const yaml::Document& document, const std::vector<std::string>& lines,
                               const Layout& layout, const std::string& name) {
  const int begin = document.At({"stages", name}).line - 1;
  int end = layout.end;
  for (const auto& [key, value] : *document.root.map()->Find("stages")->map()) {
    const int line = document.At({"stages", key}).line - 1;
    if (line > begin) end = std::min(end, line);
  }
  while (end > begin + 1) {
    const absl::string_view line = absl::StripAsciiWhitespace(lines[static_cast<size_t>(end - 1)]);
    if (!line.empty() && line[0] != '#') break;
    --end;
  }
  return {begin, end};
}

std::string Text(const std::vector<std::string>& lines) { return absl::StrCat(absl::StrJoin(lines, "\n"), "\n"); }

}  // namespace

value::Map DefinitionOf(const StageDraft& draft) {
  value::Map map;
  if (!draft.desc.empty()) map.Set("desc", draft.desc);
  map.Set("cmd", draft.command);
  const std::string wdir = fs::Normalize(draft.wdir);
  if (wdir != ".") map.Set("wdir", wdir);
  const std::pair<absl::string_view, value::List> lists[] = {{"deps", Texts(draft.deps)},
                                                             {"params", ParamsOf(draft.params)},
                                                             {"outs", OutsOf(draft.outs, OutputKind::kOut)},
                                                             {"metrics", OutsOf(draft.outs, OutputKind::kMetric)},
                                                             {"plots", OutsOf(draft.outs, OutputKind::kPlot)}};
  for (const auto& [key, list] : lists) {
    if (!list.empty()) map.Set(key, list);
  }
  if (draft.always_changed) map.Set("always_changed", true);
  return map;
}

absl::StatusOr<std::string> WithStage(absl::string_view text, absl::string_view file, const std::string& name,
                                      const value::Map& definition) {
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text, file));
  std::vector<std::string> lines = LinesOf(text);
  if (document.root.is_null() || (document.root.is_map() && document.root.map()->Find("stages") == nullptr)) {
    lines.push_back("stages:");
    for (std::string& line : EmittedLines(name, definition, 2)) lines.push_back(std::move(line));
    return Text(lines);
  }
  if (!document.root.is_map()) return absl::InvalidArgumentError(absl::StrCat(file, ": the top level must be a map"));
  ASSIGN_OR_RETURN(const Layout layout, LayoutOf(document, lines, file));
  const value::Value* old = document.root.map()->Find("stages")->map()->Find(name);
  const bool replaces = old != nullptr && old->is_map();
  const std::vector<std::string> stage =
      EmittedLines(name, replaces ? Replacing(*old->map(), definition) : definition, layout.first_column - 1);
  if (!replaces) {
    lines.insert(lines.begin() + layout.end, stage.begin(), stage.end());
    return Text(lines);
  }
  const auto [begin, end] = StageLines(document, lines, layout, name);
  // What stands beside the name stays there, if it is only a comment.
  const bool is_block = document.At({"stages", name, old->map()->begin()->first}).line - 1 > begin;
  lines.erase(lines.begin() + begin + is_block, lines.begin() + end);
  lines.insert(lines.begin() + begin + is_block, stage.begin() + is_block, stage.end());
  return Text(lines);
}

}  // namespace expq::pipeline
