// The comparison table and the JSON shapes of CLI.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> Keys(const value::Value& value) {
  std::vector<std::string> keys;
  for (const auto& [key, child] : *value.map()) keys.push_back(key);
  return keys;
}

// One bench with results for all stories that only look.
const Workbench& Shown() {
  static const Workbench* bench = [] {
    auto* made = new Workbench;
    made->Out({"submit", "-n", "g", "-S", "units=2,4,8"});
    made->Run({"run-all"});
    made->Run({"submit", "-n", "bad", "-S", "units=13"});
    made->Run({"run-all"});
    made->Out({"submit", "-n", "later", "-S", "units=99"});
    return made;
  }();
  return *bench;
}

std::vector<std::string> CsvNames(const std::vector<std::string>& args) {
  std::vector<std::string> all = {"show", "--csv"};
  all.insert(all.end(), args.begin(), args.end());
  std::vector<std::string> names;
  for (absl::string_view line : absl::StrSplit(Shown().Out(all), '\n', absl::SkipEmpty())) {
    if (line.find(",branch_") == absl::string_view::npos) continue;
    names.emplace_back(line.substr(0, line.find(',')));
  }
  return names;
}

TEST(Show, ListsWorkspaceBaselineAndExperimentsWithWhatRanFirst) {
  const std::vector<std::string> lines = absl::StrSplit(Shown().Out({"show"}), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_THAT(lines[0], HasSubstr("acc"));
  EXPECT_THAT(lines[0], HasSubstr("loss.val"));
  EXPECT_THAT(lines[0], HasSubstr("opt.name"));
  EXPECT_THAT(lines[0], Not(HasSubstr("params.yaml:")));
  EXPECT_THAT(lines[1], StartsWith("workspace"));
  EXPECT_THAT(lines[2], StartsWith("main"));
  EXPECT_THAT(lines[3], StartsWith("├── g-3"));
  EXPECT_THAT(lines[6], StartsWith("├── later"));
  EXPECT_THAT(lines[7], StartsWith("└── bad"));
}

TEST(Show, SortsFiltersAndHides) {
  EXPECT_THAT(CsvNames({"--sort-by", "acc", "--hide-queued", "--hide-failed"}), ElementsAre("g-1", "g-2", "g-3"));
  EXPECT_THAT(CsvNames({"--sort-by", "metrics.json:acc", "--sort-order", "desc"}),
              ElementsAre("g-3", "g-2", "g-1", "later", "bad"));
  EXPECT_THAT(CsvNames({"--filter", "acc > 0.3 and units < 99"}), ElementsAre("g-3", "g-2"));
  EXPECT_THAT(CsvNames({"--filter", "state == failed or name == 'g-1'"}), ElementsAre("g-1", "bad"));
}

TEST(Show, ChoosesColumns) {
  const std::string changed = Shown().Out({"show", "--csv", "--only-changed"});
  EXPECT_THAT(changed,
              StartsWith("Experiment,rev,typ,Created,State,Executor,acc,loss.val,units,data.txt,raw.txt,train.sh\n"))
      << "no parent";
  const std::string dropped = Shown().Out({"show", "--csv", "--drop", ".*", "--keep", "opt"});
  EXPECT_THAT(dropped, StartsWith("opt.name\n"));
  EXPECT_THAT(Shown().Out({"show", "--drop", ".*"}), StartsWith("Experiment\nworkspace\n")) << "names stay in a table";
}

TEST(Show, TellsWhatEachRowWasMadeFrom) {
  const std::string raw = digest::Md5Of("raw\n").text();
  const std::vector<std::string> csv = absl::StrSplit(Shown().Out({"show", "--csv"}), '\n');
  EXPECT_THAT(csv[0], EndsWith(",data.txt,raw.txt,train.sh"));
  EXPECT_THAT(csv[2], AllOf(StartsWith(",main,"), EndsWith(",,,"))) << "nothing has run there";
  EXPECT_THAT(csv[3], AllOf(StartsWith("g-3,"), HasSubstr("," + raw + "," + raw + ",")));
  EXPECT_THAT(Shown().Out({"show", "--md"}), HasSubstr(raw));
  EXPECT_THAT(Shown().Out({"show"}), Not(HasSubstr(raw))) << "the table on a terminal has no room";
  EXPECT_THAT(Shown().Out({"show", "--keep", "raw"}), HasSubstr(raw));
}

TEST(Show, LeavesOutParamsThatNoStageDependsOn) {
  const Workbench bench;
  bench.repo().Write("params.yaml", "units: 64\nlr: 0.1\nopt: {name: sgd, nesterov: true}\nunused: 1\n");
  EXPECT_THAT(bench.Out({"show", "--csv"}), HasSubstr(",units,lr,opt.name,opt.nesterov,unused,data.txt,"));
  EXPECT_THAT(bench.Out({"show", "--csv", "--param-deps"}), HasSubstr(",units,lr,opt.name,data.txt,"));
}

TEST(Show, LeavesTheWorkspaceOrNamesOut) {
  EXPECT_THAT(Shown().Out({"show", "--hide-workspace"}), Not(HasSubstr("workspace")));
  EXPECT_THAT(Shown().Out({"show", "--csv", "--sha"}),
              HasSubstr("\n," + Shown().repo().Head().substr(0, 7) + ",baseline,"));
}

TEST(Show, RoundsWhereverItIsAsked) {
  for (const char* form : {"--csv", "--md"}) {
    EXPECT_THAT(Shown().Out({"show", form}), HasSubstr("1.5"));
    EXPECT_THAT(Shown().Out({"show", form, "--precision", "1"}), Not(HasSubstr("1.5")));
  }
  EXPECT_THAT(Shown().Out({"show", "--precision", "1"}), Not(HasSubstr("1.5")));
}

TEST(Show, MarkdownIsATable) {
  EXPECT_THAT(Shown().Out({"show", "--md"}), StartsWith("| Experiment | State | Created | acc | loss.val |"));
}

TEST(Show, SaysWhatTheWorkspacesRowLacksAndWhy) {
  const Workbench bench;
  bench.Out({"submit", "-n", "one"});
  bench.repo().Write("params.yaml", "units: 64\nlr: [\n");
  const Ended params = bench.Run({"show", "--csv"});
  EXPECT_EQ(params.code, 0);
  EXPECT_EQ(params.err, "warning: the workspace is not shown in full: params.yaml:2:5: this '[' is not closed\n");
  EXPECT_THAT(params.out, HasSubstr("\n,main,baseline,"));
  bench.repo().Write("params.yaml", "units: 64\n");
  bench.repo().Write("dvc.lock", "schema: '2.0'\nstages: 1\n");
  EXPECT_THAT(bench.Run({"show", "--csv"}).err, HasSubstr("not shown in full: dvc.lock:2:1: stages is not a map\n"));
  EXPECT_EQ(bench.Run({"show", "--csv", "--hide-workspace"}).err, "");
  bench.repo().Write("dvc.yaml", "stages:\n  a:\n    cmd: [\n");
  EXPECT_THAT(bench.Run({"show"}).err, HasSubstr(": dvc.yaml:3:10: this '[' is not closed\n"));
  EXPECT_EQ(States(bench.Json({"show"})), "one=queued");
}

TEST(Show, OtherBaselinesAreOneOptionAway) {
  const Workbench bench;
  bench.Out({"submit", "-n", "old", "-S", "units=2"});
  bench.Out({"run-all"});
  bench.repo().Write("raw.txt", "more\n");
  bench.repo().Commit("second");
  EXPECT_EQ(States(bench.Json({"show"})), "");
  EXPECT_THAT(bench.Run({"show"}).err, HasSubstr("1 experiment on other commits"));
  EXPECT_EQ(States(bench.Json({"show", "--all-commits"})), "old=succeeded");
  EXPECT_EQ(States(bench.Json({"show", "-n", "2"})), "old=succeeded");
  EXPECT_EQ(States(bench.Json({"show", "--rev", "HEAD~1"})), "old=succeeded");
  bench.repo().Git({"tag", "-a", "-m", "said more", "v1", "HEAD~1"});
  EXPECT_EQ(States(bench.Json({"show", "-T"})), "old=succeeded");
  EXPECT_THAT(bench.Out({"show", "-T", "--csv"}), HasSubstr("\n,v1,baseline,2"));
}

TEST(Show, AResultThatDvcMadeIsThere) {
  const Workbench bench;
  const std::string head = bench.repo().Head();
  bench.repo().Write("metrics.json", "{\"acc\": 0.25}\n");
  const std::string commit = bench.repo().Commit("made elsewhere");
  bench.repo().Git({"update-ref", "refs/exps/" + head.substr(0, 2) + "/" + head.substr(2) + "/theirs", commit});
  bench.repo().Git({"reset", "-q", "--hard", head});
  const value::Value shown = bench.Json({"show"});
  EXPECT_EQ(States(shown), "theirs=succeeded");
  EXPECT_EQ(TextAt(shown, "experiments.0.revision"), commit);
  EXPECT_THAT(bench.Out({"show", "--csv"}), HasSubstr("0.25"));
  bench.repo().Git({"pack-refs", "--all"});
  EXPECT_EQ(States(bench.Json({"show"})), "theirs=succeeded");
}

TEST(JsonShapes, AnExperimentHasAllItsKeysAndTypes) {
  const value::Value listed = Shown().Json({"list", "g-1"});
  EXPECT_THAT(Keys(listed), ElementsAre("version", "experiments"));
  const value::Map& e = *value::Lookup(listed, "experiments.0")->map();
  for (const char* key :
       {"id", "name", "state", "baseline", "revision", "submission", "attempt", "agent", "overrides", "params",
        "metrics", "properties", "message", "error", "cause", "created", "started", "finished"}) {
    EXPECT_NE(e.Find(key), nullptr) << key;
  }
  EXPECT_TRUE(e.Find("attempt")->is_int());
  EXPECT_TRUE(e.Find("error")->is_null());
  EXPECT_EQ(value::ToJson(*e.Find("overrides")), R"(["units=2"])");
  EXPECT_EQ(value::ToJson(*e.Find("params"), {.compact = true}),
            R"({"params.yaml":{"units":2,"lr":0.1,"opt":{"name":"sgd"}}})");
  EXPECT_THAT(*e.Find("finished")->string(), ::testing::MatchesRegex("....-..-..T..:..:......Z"));
}

TEST(JsonShapes, EachCommandHasItsOwn) {
  const Workbench bench;
  EXPECT_THAT(Keys(bench.Json({"submit", "-n", "a"})), ElementsAre("version", "submission", "experiments"));
  EXPECT_THAT(Keys(bench.Json({"queue"})), ElementsAre("version", "experiments"));
  EXPECT_THAT(Keys(bench.Json({"show"})), ElementsAre("version", "workspace", "baselines", "experiments"));
  EXPECT_THAT(Keys(bench.Json({"agents"})), ElementsAre("version", "agents"));
  EXPECT_THAT(Keys(bench.Json({"status"})), ElementsAre("version", "stages"));
  EXPECT_THAT(Keys(bench.Json({"doctor"})), ElementsAre("version", "checks"));
  EXPECT_EQ(TextAt(bench.Json({"submit", "--dry-run", "-n", "b"}), "experiments.0.name"), "b");
  EXPECT_EQ(States(bench.Json({"queue"})), "a=queued") << "a dry run queues nothing";
}

}  // namespace
}  // namespace expq::testing
