// What yaml-cpp takes otherwise than ruamel, made so that both agree. The bytes stay where they are.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/yaml/source.h"

namespace expq::yaml {

// A carriage return that no line feed follows ends a line, as Python reads files: \r\r\n are two ends.
bool HasLoneReturns(absl::string_view text);
std::string WithLineFeeds(absl::string_view text);

// Without the blanks of a last line that has nothing else and goes no further than the one above: to yaml-cpp they are
// the end of a text below a >.
absl::string_view WithoutBlankEnd(absl::string_view text);

// Between brackets yaml-cpp takes the ? in [data/part?.csv] for an indicator; inside of a word it is none. False also
// where a text could not be told from one with question marks masked.
bool HasInnerQuestionMarks(absl::string_view text);
std::string WithMaskedQuestionMarks(absl::string_view text);
void UnmaskQuestionMarks(Node& root);

}  // namespace expq::yaml
