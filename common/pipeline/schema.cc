#include "common/pipeline/schema.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

using Check = absl::Status (*)(const Node& node);

struct Field {
  absl::string_view key;
  Check check;
  bool required = false;
};

// A map of the fields, and no others.
absl::Status CheckFields(const Node& node, absl::string_view what, absl::Span<const Field> fields) {
  std::vector<absl::string_view> keys;
  keys.reserve(fields.size());
  for (const Field& field : fields) keys.push_back(field.key);
  RETURN_IF_ERROR(CheckKeys(node, what, keys));
  for (const Field& field : fields) {
    const value::Map::Entry* entry = node.Find(field.key);
    if (entry == nullptr && field.required) return node.Error(absl::StrCat(what, " has no '", field.key, "'"));
    if (entry != nullptr) RETURN_IF_ERROR(field.check(node.Entry(*entry)));
  }
  return absl::OkStatus();
}

absl::Status CheckAny(const Node& /*node*/) { return absl::OkStatus(); }

absl::Status CheckText(const Node& node) {
  return node.value().is_string() ? absl::OkStatus() : Mistyped(node, "a string");
}

absl::Status CheckPathText(const Node& node) {
  return node.value().is_string() ? absl::OkStatus() : Mistyped(node, "a path");
}

absl::Status CheckFlag(const Node& node) {
  if (node.value().is_bool()) return absl::OkStatus();
  const absl::Status error = Mistyped(node, "true or false");
  return node.value().is_string() ? status::WithHint(error, "it cannot be templated or quoted") : error;
}

absl::Status CheckList(const Node& node, Check check) {
  if (!node.value().is_list()) return Mistyped(node, "a list");
  for (size_t i = 0; i < node.value().list()->size(); ++i) RETURN_IF_ERROR(check(node.Item(i)));
  return absl::OkStatus();
}

absl::Status CheckKeyIsText(const Node& map, const value::Key& key) {
  if (key.is_text()) return absl::OkStatus();
  const absl::Status error =
      map.Entry(*map.Find(key)).Error(absl::StrCat("the key is ", KindName(key.value()), ", not a text"));
  return status::WithHint(error, absl::StrCat("quote it: '", key, "'"));
}

absl::Status CheckMap(const Node& node, absl::string_view expected, Check check) {
  if (!node.value().is_map()) return Mistyped(node, expected);
  for (const value::Map::Entry& entry : *node.value().map()) {
    RETURN_IF_ERROR(CheckKeyIsText(node, entry.first));
    RETURN_IF_ERROR(check(node.Entry(entry)));
  }
  return absl::OkStatus();
}

absl::Status CheckTexts(const Node& node) { return CheckList(node, CheckText); }

absl::Status CheckPaths(const Node& node) { return CheckList(node, CheckPathText); }

absl::Status CheckCommand(const Node& node) {
  if (node.value().is_string() || node.value().is_list()) return absl::OkStatus();
  return Mistyped(node, "a command or a list of commands");
}

absl::Status CheckDimension(const Node& node) {
  return node.value().is_string() || node.value().is_list() ? absl::OkStatus() : Mistyped(node, "a list");
}

absl::Status CheckParam(const Node& node) {
  if (node.value().is_string()) return absl::OkStatus();
  return CheckMap(node, "a param's name or {file: [names]}", CheckAny);
}

absl::Status CheckVar(const Node& node) {
  if (node.value().is_string() || node.value().is_map()) return absl::OkStatus();
  return Mistyped(node, "a map or a file name");
}

absl::Status CheckParams(const Node& node) { return CheckList(node, CheckParam); }

absl::Status CheckVars(const Node& node) { return CheckList(node, CheckVar); }

absl::Status CheckOutputFlags(const Node& node) {
  constexpr Field kFields[] = {{"cache", CheckFlag},  {"persist", CheckFlag}, {"checkpoint", CheckFlag},
                               {"remote", CheckText}, {"push", CheckFlag},    {"desc", CheckText},
                               {"type", CheckText},   {"labels", CheckTexts}, {"meta", CheckAny}};
  return CheckFields(node, absl::StrCat("output '", node.name(), "'"), kFields);
}

absl::Status CheckOutput(const Node& node) {
  if (node.value().is_string()) return absl::OkStatus();
  return CheckMap(node, "a path or a path with flags", CheckOutputFlags);
}

absl::Status CheckOutputs(const Node& node) { return CheckList(node, CheckOutput); }

absl::Status CheckPlotFlags(const Node& node) {
  constexpr Field kFields[] = {
      {"cache", CheckFlag},   {"persist", CheckFlag},  {"checkpoint", CheckFlag}, {"remote", CheckText},
      {"push", CheckFlag},    {"desc", CheckText},     {"type", CheckText},       {"labels", CheckTexts},
      {"meta", CheckAny},     {"template", CheckText}, {"x", CheckText},          {"y", CheckText},
      {"x_label", CheckText}, {"y_label", CheckText},  {"title", CheckText},      {"header", CheckFlag}};
  return CheckFields(node, absl::StrCat("output '", node.name(), "'"), kFields);
}

absl::Status CheckPlotOutputFlags(const Node& node) {
  return node.value().is_list() ? CheckList(node, CheckPlotFlags) : CheckPlotFlags(node);
}

absl::Status CheckPlotOutput(const Node& node) {
  if (node.value().is_string()) return absl::OkStatus();
  return CheckMap(node, "a path or a path with flags", CheckPlotOutputFlags);
}

absl::Status CheckPlotOutputs(const Node& node) { return CheckList(node, CheckPlotOutput); }

absl::Status CheckMatrix(const Node& node) { return CheckMap(node, "a map of lists", CheckDimension); }

absl::Status CheckDefinition(const Node& node, absl::string_view what) {
  constexpr Field kFields[] = {{"cmd", CheckCommand, true}, {"wdir", CheckPathText},   {"deps", CheckPaths},
                               {"params", CheckParams},     {"vars", CheckVars},       {"frozen", CheckFlag},
                               {"meta", CheckAny},          {"desc", CheckText},       {"always_changed", CheckFlag},
                               {"outs", CheckOutputs},      {"metrics", CheckOutputs}, {"plots", CheckPlotOutputs},
                               {"matrix", CheckMatrix}};
  return CheckFields(node, what, kFields);
}

absl::Status CheckForeach(const Node& node) {
  if (node.value().is_map() || node.value().is_list() || node.value().is_string()) return absl::OkStatus();
  return Mistyped(node, "a list or map");
}

absl::Status CheckStage(const Node& node) {
  const std::string what = absl::StrCat("stage '", node.name(), "'");
  if (node.name().empty()) return node.Error("a stage's name is empty");
  if (!node.value().is_map()) return node.Error(absl::StrCat(what, " must be a map, got ", KindName(node.value())));
  const bool repeats = node.Find("foreach") != nullptr;
  if (repeats && node.Find("matrix") != nullptr) {
    return node.Error(absl::StrCat(what, " has both 'foreach' and 'matrix'"));
  }
  if (!repeats && node.Find("do") == nullptr) return CheckDefinition(node, what);
  constexpr Field kFields[] = {{"foreach", CheckForeach, true}, {"do", CheckAny, true}};
  RETURN_IF_ERROR(CheckFields(node, what, kFields));
  return CheckDefinition(node.Entry(*node.Find("do")), what);
}

absl::Status CheckStages(const Node& node) { return CheckMap(node, "a map of stages", CheckStage); }

absl::Status CheckPlotX(const Node& node) {
  return node.value().is_string() ? absl::OkStatus() : CheckMap(node, "a column or {file: column}", CheckText);
}

absl::Status CheckColumns(const Node& node) { return node.value().is_list() ? CheckTexts(node) : CheckText(node); }

absl::Status CheckPlotY(const Node& node) {
  if (node.value().is_map()) return CheckMap(node, "a map", CheckColumns);
  return CheckColumns(node);
}

absl::Status CheckPlot(const Node& node) {
  if (node.value().is_null()) return absl::OkStatus();
  constexpr Field kFields[] = {{"x", CheckPlotX},      {"y", CheckPlotY},    {"x_label", CheckText},
                               {"y_label", CheckText}, {"title", CheckText}, {"template", CheckText}};
  return CheckFields(node, absl::StrCat("plot '", node.name(), "'"), kFields);
}

absl::Status CheckPlotEntry(const Node& node) {
  if (node.value().is_string()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckMap(node, "a path or a plot's definition", CheckPlot));
  return node.value().map()->empty() ? node.Error("a plot's definition has no name") : absl::OkStatus();
}

absl::Status CheckPlots(const Node& node) {
  if (!node.value().is_map()) return CheckList(node, CheckPlotEntry);
  return status::WithHint(Mistyped(node, "a list"), "a map of plots went away in DVC 3: write '- name: {…}'");
}

absl::Status CheckArtifact(const Node& node) {
  constexpr Field kFields[] = {{"path", CheckPathText, true},
                               {"desc", CheckText},
                               {"type", CheckText},
                               {"labels", CheckTexts},
                               {"meta", CheckAny}};
  return CheckFields(node, absl::StrCat("artifact '", node.name(), "'"), kFields);
}

absl::Status CheckArtifacts(const Node& node) { return CheckMap(node, "a map of artifacts", CheckArtifact); }

absl::Status CheckNumber(const Node& node) {
  return node.value().is_int() ? absl::OkStatus() : Mistyped(node, "a number");
}

absl::Status CheckMapOfAny(const Node& node) { return CheckMap(node, "a map", CheckAny); }

// A digest may look like a number; null is none.
absl::Status CheckDigest(const Node& node) {
  const value::Value& value = node.value();
  return value.is_string() || value.is_number() || value.is_null() ? absl::OkStatus() : Mistyped(node, "a digest");
}

absl::Status CheckListedFile(const Node& node) { return CheckMap(node, "a map with 'relpath'", CheckAny); }

absl::Status CheckFiles(const Node& node) { return CheckList(node, CheckListedFile); }

absl::Status CheckDataOutput(const Node& node) {
  // The last three were of DVC 2, which nothing misses.
  constexpr Field kFields[] = {
      {"path", CheckPathText, true}, {"md5", CheckDigest},   {"checksum", CheckDigest}, {"etag", CheckDigest},
      {"hash", CheckText},           {"size", CheckNumber},  {"nfiles", CheckNumber},   {"isexec", CheckFlag},
      {"version_id", CheckText},     {"persist", CheckFlag}, {"cloud", CheckMapOfAny},  {"desc", CheckText},
      {"type", CheckText},           {"labels", CheckTexts}, {"meta", CheckAny},        {"cache", CheckFlag},
      {"remote", CheckText},         {"push", CheckFlag},    {"files", CheckFiles},     {"fs_config", CheckMapOfAny},
      {"metric", CheckAny},          {"plot", CheckAny},     {"checkpoint", CheckAny}};
  return CheckFields(node, "an output", kFields);
}

absl::Status CheckDataOutputs(const Node& node) {
  return node.value().is_null() ? absl::OkStatus() : CheckList(node, CheckDataOutput);
}

absl::Status CheckSource(const Node& node) { return CheckMap(node, "a map of what it is made from", CheckAny); }

absl::Status CheckSources(const Node& node) {
  return node.value().is_null() ? absl::OkStatus() : CheckList(node, CheckSource);
}

absl::Status CheckFolder(const Node& node) { return node.value().is_null() ? absl::OkStatus() : CheckPathText(node); }

}  // namespace

absl::Status CheckPipelineSchema(const Node& top) {
  constexpr Field kFields[] = {{"stages", CheckStages}, {"vars", CheckVars},     {"plots", CheckPlots},
                               {"params", CheckPaths},  {"metrics", CheckPaths}, {"artifacts", CheckArtifacts},
                               {"datasets", CheckAny}};
  return top.value().is_null() ? absl::OkStatus() : CheckFields(top, "the top level", kFields);
}

absl::Status CheckDataFileSchema(const Node& top) {
  constexpr Field kFields[] = {{"outs", CheckDataOutputs}, {"md5", CheckDigest},  {"wdir", CheckFolder},
                               {"deps", CheckSources},     {"frozen", CheckFlag}, {"locked", CheckFlag},
                               {"desc", CheckText},        {"meta", CheckAny},    {"always_changed", CheckFlag}};
  return CheckFields(top, "the top level", kFields);
}

}  // namespace expq::pipeline
