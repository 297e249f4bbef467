// A map in `cmd: … ${map}` as the arguments of a command line.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/config.h"
#include "common/value/value.h"

namespace expq::pipeline {

// "--a.b 1 --flag --names x 'y z'": nested maps by dotted keys, true as the bare flag, false and empty ones not at all,
// lists as several words, strings quoted for a POSIX shell. With BoolArguments::kBooleanOptional false is "--no-flag",
// with ListArguments::kAppend the option stands before each word of a list. InvalidArgument for a list or map inside a
// list.
absl::StatusOr<std::string> CommandArguments(const value::Map& map, const config::ParsingSettings& parsing = {});

// As Python's shlex.quote.
std::string ShellQuoted(absl::string_view text);

}  // namespace expq::pipeline
