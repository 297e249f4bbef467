#include "common/pipeline/shell.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/fs/filesystem.h"

namespace expq::pipeline {
namespace {

bool Names(absl::string_view variable, absl::string_view name) {
  return variable.size() > name.size() && variable[name.size()] == '=' && absl::StartsWith(variable, name);
}

}  // namespace

std::string EnvironmentValue(const std::vector<std::string>& env, absl::string_view name) {
  for (const std::string& variable : env) {
    if (Names(variable, name)) return variable.substr(name.size() + 1);
  }
  return "";
}

std::vector<std::string> WithVariable(std::vector<std::string> env, absl::string_view name, absl::string_view value) {
  std::string variable = absl::StrCat(name, "=", value);
  for (std::string& each : env) {
    if (Names(each, name)) {
      each = std::move(variable);
      return env;
    }
  }
  env.push_back(std::move(variable));
  return env;
}

std::vector<std::string> ShellCommand(const std::vector<std::string>& env, const std::string& command) {
  std::string shell = EnvironmentValue(env, "SHELL");
  if (shell.empty()) shell = "/bin/sh";
  const std::string name = fs::Basename(shell);
  if (name == "bash") return {shell, "--noprofile", "--norc", "-c", command};
  if (name == "zsh") return {shell, "--no-rcs", "-c", command};
  if (name == "fish") return {shell, "--no-config", "-c", command};
  return {shell, "-c", command};
}

}  // namespace expq::pipeline
