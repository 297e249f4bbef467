// Where a tab may not stand: YAML lets it separate, DVC's reader (ruamel) does so only between [] and {}.
#pragma once

#include "absl/strings/string_view.h"
#include "common/yaml/complaint.h"
#include "common/yaml/source.h"

namespace expq::yaml {

// The first tab that is neither in a comment, in quotes, in the text of a | or >, nor between the items of a list or
// map in brackets; npos when there is none. `root` is what the text was read as.
size_t MisplacedTab(const Node& root, absl::string_view text);

// The tab that begins the line of `at`, or stands at `at` itself: what a parser most likely stumbled over there; npos
// when there is none.
size_t TabNear(absl::string_view text, size_t at);

// What is to be said of such a tab.
Complaint TabComplaint(absl::string_view text, size_t tab);

}  // namespace expq::yaml
