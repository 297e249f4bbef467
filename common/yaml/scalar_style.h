// How a string must be written so that it reads back as that string.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace expq::yaml {

enum class ScalarStyle { kPlain, kSingle, kDouble };

// ruamel's choice: plain where it reads back as a string, double quotes for control characters, line ends and text with
// a single quote, else single quotes. `in_flow`: between [] or {}.
ScalarStyle StyleOf(absl::string_view text, bool in_flow);

// The UTF-8 characters of a text.
std::vector<absl::string_view> Characters(absl::string_view text);
// The number of such a character.
uint32_t CodeOf(absl::string_view character);

// A character's escape between double quotes, or "" where it stands for itself.
std::string EscapeOf(absl::string_view character);

// The text between double quotes on one line.
std::string DoubleQuoted(absl::string_view text);

}  // namespace expq::yaml
