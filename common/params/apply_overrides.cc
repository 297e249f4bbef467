#include "absl/strings/str_cat.h"
#include "common/params/apply.h"
#include "common/params/format.h"
#include "common/params/params.h"
#include "common/params/yaml_edit.h"
#include "common/status/status.h"

namespace expq::params {

absl::StatusOr<std::string> ApplyOverrides(absl::string_view file, absl::string_view text,
                                           const std::vector<ParamOverride>& overrides) {
  if (FormatOf(file) != Format::kYaml) {
    return absl::UnimplementedError(absl::StrCat(file, ": only YAML files can be changed with -S so far"));
  }
  ASSIGN_OR_RETURN(value::Value wanted, ParseFile(file, text));
  const value::Value before = wanted;
  for (const ParamOverride& override : overrides) RETURN_IF_ERROR(ApplyToValue(file, override, wanted));
  if (value::Identical(before, wanted)) return std::string(text);
  return EditYaml(file, text, wanted);
}

}  // namespace expq::params
