// The characters of Unicode that end a line to ruamel and to nobody else: U+0085, U+2028 and U+2029.
#pragma once

#include "absl/strings/string_view.h"
#include "common/yaml/complaint.h"
#include "common/yaml/source.h"

namespace expq::yaml {

// Whether such a character begins at `at`.
bool IsUnicodeBreak(absl::string_view text, size_t at);

// The first one that ruamel takes for something else than it is to yaml-cpp, npos when there is none: in a text on one
// line U+2028 is itself to both, and behind it a comment may go on or end. `root` is what the text was read as.
size_t MisreadBreak(const Node& root, absl::string_view text);

// The first one that no comment ends with, for a text that cannot be read; npos when there is none.
size_t BreakInTheWay(absl::string_view text);

Complaint BreakComplaint(absl::string_view text, size_t at);

}  // namespace expq::yaml
