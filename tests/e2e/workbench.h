// A small project with a two-stage pipeline, and expq to work on it: what the stories of this folder share.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/digest/digest.h"
#include "common/params/params.h"
#include "common/value/value.h"
#include "tests/support/program.h"
#include "tests/support/temp_repo.h"

namespace expq::testing {

// prep copies raw.txt; train writes model.txt and metrics.json (acc = 0.<units>), and fails for units = 13.
class Workbench {
 public:
  explicit Workbench(std::vector<std::string> variables = {}) : expq_(kProgram, repo_.path(), std::move(variables)) {
    repo_.Write(".gitignore", "/data.txt\n/model.txt\n");
    repo_.Write(".dvc/config", "");
    repo_.Write(".dvc/.gitignore", "/config.local\n/tmp\n/cache\n");
    repo_.Write("raw.txt", "raw\n");
    repo_.Write("params.yaml", "# how wide\nunits: 64  # neurons\nlr: 0.1\nopt:\n  name: sgd\n");
    repo_.Write("train.sh",
                "units=$(sed -n 's/^units: *\\([0-9]*\\).*/\\1/p' params.yaml)\n"
                "echo \"training with $units\"\n"
                "if [ \"$units\" = 13 ]; then echo unlucky >&2; exit 3; fi\n"
                "if [ -n \"$WAIT\" ]; then while [ ! -e \"$WAIT\" ]; do sleep 0.02; done; fi\n"
                "cat data.txt > model.txt; echo $units >> model.txt\n"
                "echo \"{\\\"acc\\\": 0.$units, \\\"loss\\\": {\\\"val\\\": 1.5}}\" > metrics.json\n");
    repo_.Write("dvc.yaml", kPipeline);
    repo_.Commit("base");
  }

  Ended Run(const std::vector<std::string>& args) const { return expq_.Run(args); }
  // Runs, expecting exit code 0; its stdout.
  std::string Out(const std::vector<std::string>& args) const {
    const Ended ended = Run(args);
    EXPECT_EQ(ended.code, 0) << absl::StrJoin(args, " ") << "\n" << ended.err;
    return ended.out;
  }
  // The same, parsed.
  value::Value Json(std::vector<std::string> args) const {
    args.push_back("--json");
    return Parsed(Out(args));
  }
  static value::Value Parsed(const std::string& text) {
    auto parsed = params::ParseJson(text);
    EXPECT_TRUE(parsed.ok()) << parsed.status() << "\n" << text;
    return parsed.ok() ? *parsed : value::Value();
  }

  const Program& expq() const { return expq_; }
  const TempRepo& repo() const { return repo_; }

 private:
  static constexpr char kProgram[] = EXPQ_BIN_DIR "/expq";
  static constexpr char kPipeline[] =
      "stages:\n"
      "  prep:\n"
      "    cmd: cp raw.txt data.txt\n"
      "    deps: [raw.txt]\n"
      "    outs: [data.txt]\n"
      "  train:\n"
      "    cmd: sh train.sh\n"
      "    deps: [data.txt, train.sh]\n"
      "    params: [units, lr, opt.name]\n"
      "    outs: [model.txt]\n"
      "    metrics:\n"
      "    - metrics.json:\n"
      "        cache: false\n";

  TempRepo repo_;
  Program expq_;
};

// Two stages, each of which waits for the other in the folder $MEET: alone, neither would end.
inline constexpr char kMeetingStages[] =
    "stages:\n"
    "  a:\n    cmd: touch $MEET/a; while [ ! -e $MEET/b ]; do sleep 0.02; done; touch a\n    outs: [a]\n"
    "  b:\n    cmd: touch $MEET/b; while [ ! -e $MEET/a ]; do sleep 0.02; done; touch b\n    outs: [b]\n";

// Where the cache has those bytes.
inline std::string ObjectOf(const std::string& bytes) {
  const std::string md5 = digest::Md5Of(bytes).text();
  return ".dvc/cache/files/md5/" + md5.substr(0, 2) + "/" + md5.substr(2);
}

// raw.txt becomes data that a .dvc file tracks; the cache does not have it yet.
inline void TrackRawData(const Workbench& bench) {
  bench.repo().Git({"rm", "-q", "--cached", "raw.txt"});
  bench.repo().Write(".gitignore", "/data.txt\n/model.txt\n/raw.txt\n");
  bench.repo().Write("raw.txt.dvc",
                     "outs:\n- md5: " + digest::Md5Of("raw\n").text() + "\n  size: 4\n  hash: md5\n  path: raw.txt\n");
  bench.repo().Commit("raw.txt is data");
}

// The text at a dotted path of a JSON value, or "(none)".
inline std::string TextAt(const value::Value& root, const std::string& path) {
  const value::Value* found = value::Lookup(root, path);
  return found == nullptr ? "(none)" : value::PythonText(*found);
}

// "name=state" of every experiment, in order.
inline std::string States(const value::Value& root) {
  const value::Value* list = value::Lookup(root, "experiments");
  std::vector<std::string> states;
  for (const value::Value& e : list != nullptr && list->is_list() ? *list->list() : value::List()) {
    states.push_back(absl::StrCat(TextAt(e, "name"), "=", TextAt(e, "state")));
  }
  return absl::StrJoin(states, " ");
}

}  // namespace expq::testing
