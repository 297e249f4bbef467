#include "common/params/format.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/params/params.h"
#include "common/params/python_reader.h"
#include "common/status/status.h"
#include "common/yaml/yaml.h"

namespace expq::params {

Format FormatOf(absl::string_view file) {
  if (absl::EndsWithIgnoreCase(file, ".json")) return Format::kJson;
  if (absl::EndsWithIgnoreCase(file, ".toml")) return Format::kToml;
  if (absl::EndsWithIgnoreCase(file, ".py")) return Format::kPython;
  return Format::kYaml;
}

absl::StatusOr<value::Value> ParseFile(absl::string_view file, absl::string_view text) {
  if (absl::StripAsciiWhitespace(text).empty()) return value::Value(value::Map());
  switch (FormatOf(file)) {
    case Format::kJson:
      return ParseJson(text, file);
    case Format::kToml:
      return ParseToml(text, file);
    case Format::kPython: {
      ASSIGN_OR_RETURN(PythonFile python, ReadPython(text, file));
      return std::move(python.root);
    }
    case Format::kYaml:
      break;
  }
  ASSIGN_OR_RETURN(yaml::Document document, yaml::Parse(text, file));
  if (document.root.is_null()) return value::Value(value::Map());
  return std::move(document.root);
}

}  // namespace expq::params
