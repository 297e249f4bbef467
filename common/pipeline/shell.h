// How DVC starts the commands of a stage.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace expq::pipeline {

// The value of `name` in an environment of "NAME=VALUE"; "" when absent.
std::string EnvironmentValue(const std::vector<std::string>& env, absl::string_view name);

// The environment with `name` set.
std::vector<std::string> WithVariable(std::vector<std::string> env, absl::string_view name, absl::string_view value);

// The user's shell without start-up files; /bin/sh when SHELL is not set.
std::vector<std::string> ShellCommand(const std::vector<std::string>& env, const std::string& command);

}  // namespace expq::pipeline
