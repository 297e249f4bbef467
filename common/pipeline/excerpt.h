// The line of a file that an error is about, for people.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace expq::pipeline {

// The status, about a piece of the value at its place: ${name}. WithExcerpt moves the place to where that stands.
absl::Status About(absl::string_view piece, absl::Status status);

// The status, whose message begins "FILE:LINE:COLUMN:" for that file, with the line of `text` and a caret under the
// column attached; any other as it is. It survives status::Annotate.
absl::Status WithExcerpt(const absl::Status& status, absl::string_view file, absl::string_view text);

// What is attached, "  3 | deps: [x\n    |       ^"; "" when there is nothing. To be shown below the message.
std::string Excerpt(const absl::Status& status);

}  // namespace expq::pipeline
