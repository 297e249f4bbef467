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
#include "common/yaml/inline_text.h"
#include "common/yaml/source.h"
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

// "..." alone ends a document.
bool IsEnd(absl::string_view line) { return absl::StripTrailingAsciiWhitespace(line) == "..."; }

absl::StatusOr<Layout> LayoutOf(const yaml::Document& document, const std::vector<std::string>& lines,
                                absl::string_view file) {
  const yaml::Mark stages = document.At({"stages"});
  Layout layout{.end = static_cast<int>(std::find_if(lines.begin(), lines.end(), IsEnd) - lines.begin())};
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
  return status::WithHint(
      absl::FailedPreconditionError(absl::StrCat(file, ":", stages.line, ": the first stage begins on this line")),
      "write each stage on lines of its own");
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

// The entry of that key in a map, or null.
const yaml::Node::Entry* FindIn(const yaml::Node& map, absl::string_view key) {
  const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                  [&](const yaml::Node::Entry& entry) { return yaml::KeyName(entry.key) == key; });
  return found == map.entries.end() ? nullptr : &*found;
}

bool IsInBraces(const yaml::Node& node) {
  return node.kind == yaml::Node::Kind::kMap && node.style == yaml::Node::Style::kFlow;
}

// The text with an entry more before the closing brace.
std::string WithEntry(absl::string_view text, const yaml::Node& map, absl::string_view entry) {
  const size_t at = map.entries.empty() ? map.begin + 1 : map.entries.back().value.end;
  return absl::StrCat(text.substr(0, at), map.entries.empty() ? "" : ", ", entry, text.substr(at));
}

// A stage of a file whose top level or whose stages are in braces: in the same braces.
std::string WithStageInBraces(absl::string_view text, const yaml::Node& root, const std::string& name,
                              const value::Map& definition) {
  const std::string written = yaml::InlineText(definition, {.in_flow = true});
  const std::string entry = absl::StrCat(name, ": ", written);
  const yaml::Node::Entry* stages = FindIn(root, "stages");
  if (stages == nullptr) return WithEntry(text, root, absl::StrCat("stages: {", entry, "}"));
  const yaml::Node::Entry* old = FindIn(stages->value, name);
  if (old == nullptr) return WithEntry(text, stages->value, entry);
  return absl::StrCat(text.substr(0, old->value.begin), written, text.substr(old->value.end));
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
  if (!document.root.is_map() && !document.root.is_null()) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": the top level must be a map"));
  }
  const value::Value* stages = document.root.is_map() ? document.root.map()->Find("stages") : nullptr;
  const value::Value* old = stages != nullptr && stages->is_map() ? stages->map()->Find(name) : nullptr;
  const bool replaces = old != nullptr && old->is_map();
  const value::Map wanted = replaces ? Replacing(*old->map(), definition) : definition;
  ASSIGN_OR_RETURN(const yaml::Node root, yaml::ParseSource(text, file));
  const yaml::Node::Entry* written = FindIn(root, "stages");
  if (IsInBraces(root) || (written != nullptr && IsInBraces(written->value))) {
    return WithStageInBraces(text, root, name, wanted);
  }
  std::vector<std::string> lines = LinesOf(text);
  if (stages == nullptr) {
    std::vector<std::string> added = EmittedLines(name, wanted, 2);
    added.insert(added.begin(), "stages:");
    lines.insert(std::find_if(lines.begin(), lines.end(), IsEnd), added.begin(), added.end());
    return Text(lines);
  }
  ASSIGN_OR_RETURN(const Layout layout, LayoutOf(document, lines, file));
  const std::vector<std::string> stage = EmittedLines(name, wanted, layout.first_column - 1);
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
