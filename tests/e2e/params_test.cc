// -S on every kind of params file, and Hydra's composition: what arrives where the experiment runs.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/workbench.h"

namespace expq::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string RevisionOf(const Workbench& bench, const std::string& name) {
  return TextAt(bench.Json({"list", name}), "experiments.0.revision");
}

// A stage that shows its params files.
class ParamsBench {
 public:
  explicit ParamsBench(const std::string& files, const std::string& config = "") : bench_({"FROM_SHELL=the client's"}) {
    bench_.repo().Write(".dvc/config", config);
    bench_.repo().Write("dvc.yaml", "stages:\n  look:\n    cmd: cat " + files + "\n    always_changed: true\n");
  }

  const Workbench& bench() const { return bench_; }

  // What the experiment saw.
  std::string Seen(std::vector<std::string> overrides) const {
    std::vector<std::string> args = {"run", "-n", "exp" + std::to_string(++runs_)};
    for (std::string& override : overrides) {
      args.push_back("-S");
      args.push_back(std::move(override));
    }
    bench_.Out(args);
    return bench_.Out({"logs", args[2], "--stage", "look"});
  }

 private:
  Workbench bench_;
  mutable int runs_ = 0;
};

TEST(ParamsFiles, AreEditedInPlaceInEveryFormat) {
  const ParamsBench params("conf/x.json conf/y.toml z.py");
  params.bench().repo().Write("conf/x.json", "{\n  \"a\": 0,\n  \"b\": [1, 2]\n}\n");
  params.bench().repo().Write("conf/y.toml", "# kept\n[opt]\nlr = 0.1 # rate\n");
  params.bench().repo().Write("z.py", "class Cfg:\n    depth = 3  # layers\n    name = 'x'\n");
  params.bench().repo().Commit("params of every kind");
  EXPECT_THAT(
      params.Seen({"conf/x.json:a=1", "conf/x.json:b[1]=7", "conf/y.toml:opt.lr=1e-5", "conf/y.toml:+opt.new=on",
                   "z.py:Cfg.depth=4"}),
      HasSubstr("{\n  \"a\": 1,\n  \"b\": [1, 7]\n}\n# kept\n[opt]\nlr = 1e-05 # rate\nnew = \"on\"\nclass Cfg:\n"
                "    depth = 4  # layers\n    name = 'x'\n"));
  EXPECT_THAT(params.Seen({"conf/x.json:a=1", "new/made.yaml:+b=2", "new/made.yaml:+c.d=x"}), HasSubstr("\"a\": 1"));
  EXPECT_THAT(params.bench().repo().Git({"show", RevisionOf(params.bench(), "exp2") + ":new/made.yaml"}),
              HasSubstr("b: 2\nc: {d: x}"));
  const Ended refused = params.bench().Run({"submit", "-S", "conf/y.toml:opt.lr=null"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("TOML has no null"));
}

TEST(ParamsFiles, TakeInterpolationsFromWhereTheyWereTyped) {
  const ParamsBench params("params.yaml");
  params.bench().repo().Commit("look");
  const std::string seen = params.Seen({"opt.name=${oc.env:FROM_SHELL}", "lr=${units}", "units=7"});
  EXPECT_THAT(seen, HasSubstr("name: the client's"));
  EXPECT_THAT(seen, HasSubstr("lr: 7"));
  EXPECT_THAT(params.bench().Run({"submit", "-S", "lr=${no.such}"}).err,
              HasSubstr("'${no.such}': there is no such key"));
}

TEST(Hydra, ComposesParamsYamlForEveryExperiment) {
  const ParamsBench params("params.yaml", "[hydra]\n    enabled = True\n");
  params.bench().repo().Write("conf/config.yaml",
                              "defaults:\n- model: small\n- _self_\nlr: 1e-3\nwho: ${oc.env:FROM_SHELL}\n");
  params.bench().repo().Write("conf/model/small.yaml", "size: 1\nbias: yes\n");
  params.bench().repo().Write("conf/model/big.yaml", "size: 100\n");
  params.bench().repo().Commit("hydra");
  EXPECT_THAT(params.Seen({}), HasSubstr("model:\n  size: 1\n  bias: true\nlr: 0.001\nwho: the client's\n"));
  EXPECT_THAT(params.Seen({"model=big", "lr=1e-5"}),
              HasSubstr("model:\n  size: 100\nlr: 1.0e-05\nwho: the client's\n"));
  const std::string listed = params.bench().Out({"submit", "-n", "grid", "-S", "model=small,big"});
  EXPECT_THAT(listed, HasSubstr("model=big"));
  EXPECT_THAT(listed, Not(HasSubstr("++=")));
  params.bench().Out({"run-all"});
  EXPECT_THAT(params.bench().Out({"logs", "grid-2", "--stage", "look"}), HasSubstr("size: 100"));
  EXPECT_THAT(params.bench().Run({"submit", "-S", "model=huge"}).err, HasSubstr("available: big, small"));
  params.bench().Out({"run", "-n", "plain", "--no-hydra", "-S", "lr=0.5"});
  EXPECT_THAT(params.bench().Out({"logs", "plain", "--stage", "look"}), HasSubstr("lr: 0.5"));
}

TEST(Hydra, IsWhatTemplatesMeanWhenAnExperimentIsSubmitted) {
  const ParamsBench params("params.yaml", "[hydra]\n    enabled = True\n");
  params.bench().repo().Write("conf/config.yaml", "defaults:\n- model: small\n");
  params.bench().repo().Write("conf/model/small.yaml", "name: tiny\n");
  params.bench().repo().Write("conf/model/big.yaml", "name: huge\n");
  params.bench().repo().Write("dvc.yaml", "stages:\n  look:\n    cmd: echo a ${model.name} one ${more}\n");
  params.bench().repo().Write("params.yaml", "old: 1\n");
  params.bench().repo().Commit("templates");
  params.bench().Out({"run", "-n", "one", "-S", "model=big", "-S", "+more=day"});
  EXPECT_THAT(params.bench().Out({"logs", "one", "--stage", "look"}), HasSubstr("a huge one day"));
  EXPECT_THAT(params.bench().Run({"submit", "-S", "model=big"}).err, HasSubstr("more"));
}

TEST(Hydra, RefusesWhatNeedsPython) {
  const ParamsBench params("params.yaml", "[hydra]\n    enabled = True\n    config_module = my.conf\n");
  params.bench().repo().Commit("module");
  EXPECT_THAT(params.bench().Run({"submit"}).err, HasSubstr("config_module names a Python module"));
}

}  // namespace
}  // namespace expq::testing
