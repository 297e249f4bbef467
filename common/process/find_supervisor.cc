#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/fs/filesystem.h"
#include "common/process/runners.h"
#include "common/status/status.h"

namespace expq::process {
namespace {

std::string ProgramDir() {
  char path[PATH_MAX];
  ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? fs::Dirname(absl::string_view(path, static_cast<size_t>(size))) : ".";
}

}  // namespace

absl::StatusOr<std::string> FindSupervisor() {
  std::vector<std::string> candidates;
  if (const char* given = getenv("EXPQ_SUPERVISE"); given != nullptr && *given != '\0') {
    candidates = {given};
  } else {
    std::string dir = ProgramDir();
    candidates = {fs::Join(dir, "expq-supervise"), fs::Normalize(fs::Join(dir, "../libexec/expq/expq-supervise"))};
  }
  for (const std::string& candidate : candidates) {
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return status::WithHint(
      absl::NotFoundError(absl::StrCat("expq-supervise not found (looked at ", absl::StrJoin(candidates, ", "), ")")),
      "install it beside expq, or set EXPQ_SUPERVISE");
}

}  // namespace expq::process
