#include "common/pipeline/data_file.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/params/params.h"
#include "common/status/status.h"
#include "common/yaml/yaml.h"

namespace expq::pipeline {
namespace {

// The keys of a record in DVC's order; null = not there.
std::vector<std::pair<absl::string_view, value::Value>> FieldsOf(const DataRecord& record) {
  const auto number = [](const std::optional<int64_t>& n) { return n.has_value() ? value::Value(*n) : value::Value(); };
  return {{"md5", value::Value(record.digest.text())},
          {"size", number(record.size)},
          {"nfiles", number(record.nfiles)},
          {"isexec", record.is_exec ? value::Value(true) : value::Value()},
          {"hash", value::Value("md5")}};
}

}  // namespace

DataRecord DataRecord::Of(const blob::Content& content) {
  DataRecord record{.digest = content.digest, .size = content.size, .is_exec = content.is_exec};
  if (content.digest.is_dir()) record.nfiles = content.nfiles;
  return record;
}

std::string NewDataFile(absl::string_view path, const DataRecord& record) {
  value::Map out;
  for (auto& [key, value] : FieldsOf(record)) {
    if (!value.is_null()) out.Set(key, std::move(value));
  }
  out.Set("path", value::Value(path));
  value::Map root;
  root.Set("outs", value::Value(value::List{value::Value(std::move(out))}));
  return yaml::Emit(value::Value(std::move(root)));
}

absl::StatusOr<std::string> ChangeDataFile(const std::string& file, const std::string& text, int out,
                                           const DataRecord& record) {
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text, file));
  const std::string place = absl::StrCat("outs.", out);
  const value::Value* before = value::Lookup(document.root, place);
  if (before == nullptr || !before->is_map()) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": there is no ", place));
  }
  std::vector<params::ParamOverride> edits;
  for (auto& [key, value] : FieldsOf(record)) {
    params::ParamOverride edit{.file = file, .key = absl::StrCat(place, ".", key)};
    if (!value.is_null()) {
      edit.op = params::ParamOverride::Op::kForce;
      edit.value = std::move(value);
    } else if (before->map()->Find(key) != nullptr) {
      edit.op = params::ParamOverride::Op::kDelete;
      edit.has_value = false;
    } else {
      continue;
    }
    edits.push_back(std::move(edit));
  }
  return params::ApplyOverrides(file, text, edits);
}

}  // namespace expq::pipeline
