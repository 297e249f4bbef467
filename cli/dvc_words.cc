#include "cli/dvc_words.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace expq::cli {
namespace {

struct Word {
  absl::string_view dvcs;
  absl::string_view ours;  // what to do here
};

constexpr Word kCommands[] = {{"metrics", "expq show compares the metrics of everything"},
                              {"params", "expq show compares the params of everything"},
                              {"diff", "expq status says what changed in the workspace"},
                              {"data", "expq status says what changed in the workspace"},
                              {"freeze", "write 'frozen: true' into the stage"},
                              {"unfreeze", "take 'frozen: true' out of the stage"},
                              {"ls", "expq list has experiments"}};

// These have no counterpart.
constexpr absl::string_view kOnlyDvcs[] = {"artifacts", "cache",   "check-ignore", "config", "daemon",    "destroy",
                                           "du",        "get",     "get-url",      "import", "import-db", "import-url",
                                           "init",      "install", "list-url",     "ls-url", "move",      "mv",
                                           "plots",     "purge",   "remote",       "root",   "studio",    "update"};

constexpr Word kQueue[] = {{"start", "expq run-all runs what is queued"},
                           {"stop", "expq cancel stops experiments"},
                           {"status", "expq queue says it"},
                           {"kill", "expq cancel NAME"},
                           {"logs", "expq logs NAME"},
                           {"remove", "expq remove NAME"}};

}  // namespace

std::string HintForDvcCommand(absl::string_view name) {
  const std::string theirs = absl::StrCat("dvc ", name, " works on the same repository");
  for (const Word& word : kCommands) {
    if (word.dvcs == name) return absl::StrCat(word.ours, "; ", theirs);
  }
  return std::find(std::begin(kOnlyDvcs), std::end(kOnlyDvcs), name) == std::end(kOnlyDvcs) ? "" : theirs;
}

std::string HintForDvcQueue(absl::string_view word) {
  for (const Word& known : kQueue) {
    if (known.dvcs == word) return std::string(known.ours);
  }
  return "";
}

}  // namespace expq::cli
