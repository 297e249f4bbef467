#include <algorithm>
#include <cstdlib>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/agent.h"
#include "common/status/status.h"

namespace expq::agent {
namespace {

// One GPU: what nvidia-smi calls it for ever, and where it stands today.
struct Gpu {
  std::string index;
  std::string uuid;
};

constexpr absl::Duration kPatience = absl::Seconds(30);  // a driver that is being loaded takes its time

absl::StatusOr<std::vector<Gpu>> ListGpus(process::ProcessRunner& runner, const std::vector<std::string>& env,
                                          const std::string& scratch_dir) {
  fs::PosixFilesystem files;
  RETURN_IF_ERROR(files.MakeDirs(scratch_dir));
  process::Command command;
  command.argv = {"nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"};
  command.env = env;
  command.cwd = scratch_dir;
  command.output_path = fs::Join(scratch_dir, "gpus.csv");
  command.state_dir = fs::Join(scratch_dir, "gpus");
  command.timeout = kPatience;
  RETURN_IF_ERROR(files.Remove(command.output_path));
  auto result = runner.Run(command, sync::StopToken());
  if (absl::IsNotFound(result.status())) return std::vector<Gpu>();  // no driver, no GPU
  if (!result.ok()) return result.status();
  ASSIGN_OR_RETURN(std::string text, files.Read(command.output_path));
  if (!result->ok()) {
    return absl::UnavailableError(
        absl::StrCat("nvidia-smi ", result->Describe(), ": ", absl::StripAsciiWhitespace(text)));
  }
  std::vector<Gpu> gpus;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    std::vector<absl::string_view> words = absl::StrSplit(line, ',');
    if (words.size() != 2) continue;
    gpus.push_back(
        {std::string(absl::StripAsciiWhitespace(words[0])), std::string(absl::StripAsciiWhitespace(words[1]))});
  }
  return gpus;
}

int64_t MemoryBytes() {
  auto text = fs::PosixFilesystem().Read("/proc/meminfo");
  constexpr absl::string_view kKey = "MemTotal:";
  if (!text.ok() || text->compare(0, kKey.size(), kKey.data(), kKey.size()) != 0) return 0;
  return strtoll(text->c_str() + kKey.size(), nullptr, 10) * 1024;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DiscoverGpus(const std::string& spec, process::ProcessRunner& runner,
                                                      const std::vector<std::string>& env,
                                                      const std::string& scratch_dir) {
  std::vector<std::string> ids;
  if (spec == "none" || spec.empty()) return ids;
  auto gpus = ListGpus(runner, env, scratch_dir);
  if (spec == "all") {
    if (!gpus.ok()) return gpus.status();
    for (const Gpu& gpu : *gpus) ids.push_back(gpu.uuid);
    return ids;
  }
  for (absl::string_view word : absl::StrSplit(spec, ',')) {
    std::string wanted(absl::StripAsciiWhitespace(word));
    int index = 0;
    bool is_index = absl::SimpleAtoi(wanted, &index) && index >= 0;
    if (!is_index && wanted.rfind("GPU-", 0) != 0 && wanted.rfind("MIG-", 0) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("gpus '", spec, "': '", wanted, "' is neither an index nor a UUID"));
    }
    // What was asked for counts, also where nvidia-smi does not know it: a container may see less than it may use.
    if (gpus.ok()) {
      auto it = std::find_if(gpus->begin(), gpus->end(), [&](const Gpu& gpu) { return gpu.index == wanted; });
      if (it != gpus->end()) wanted = it->uuid;
    }
    if (std::find(ids.begin(), ids.end(), wanted) != ids.end()) {
      return absl::InvalidArgumentError(absl::StrCat("gpus '", spec, "': ", wanted, " is there twice"));
    }
    ids.push_back(wanted);
  }
  return ids;
}

experiment::Offer DiscoverHost() {
  experiment::Offer offer;
  offer.cpus = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  offer.memory = MemoryBytes();
  return offer;
}

}  // namespace expq::agent
