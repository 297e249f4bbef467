// Where a message points at: a line of text, and a caret below it.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace expq::status {

// Columns that UTF-8 text takes on a terminal, near enough: wide East Asian characters count two, marks none.
int DisplayWidth(absl::string_view text);

// What stands below a line so that the caret is under its byte `at`. Tabs stay tabs, for a terminal's stops are not
// ours to know.
std::string CaretBelow(absl::string_view line, size_t at);

}  // namespace expq::status
