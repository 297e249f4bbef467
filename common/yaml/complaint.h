// What is to be said of a text that yaml-cpp cannot read: its own words name what it looked for, not what is wrong.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace expq::yaml {

// A place of the text, what is wrong there, and what to write instead, or "".
struct Complaint {
  size_t at = 0;
  std::string what;
  std::string hint;
};

// `what` is yaml-cpp's message and `at` its place; `open` is the innermost '[' or '{' that is open there, else npos.
Complaint ComplaintAbout(absl::string_view text, size_t at, absl::string_view what, size_t open);

}  // namespace expq::yaml
