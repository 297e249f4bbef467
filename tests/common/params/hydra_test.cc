#include "common/params/hydra.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/params/omega_yaml.h"
#include "common/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace expq::params {
namespace {

using ::testing::HasSubstr;
using value::Value;

using Files = std::map<std::string, std::string>;

HydraFolder FolderOf(const Files& files) {
  HydraFolder folder;
  folder.name = "conf";
  folder.read = [&files](const std::string& file) -> absl::StatusOr<std::string> {
    const auto found = files.find(file);
    return found == files.end() ? absl::NotFoundError(file) : absl::StatusOr<std::string>(found->second);
  };
  folder.is_folder = [&files](const std::string& name) {
    const auto next = files.lower_bound(name + "/");
    return next != files.end() && absl::StartsWith(next->first, name + "/");
  };
  folder.list = [&files](const std::string& name) {
    std::vector<std::string> out;
    for (const auto& [file, text] : files) {
      if (absl::StartsWith(file, name + "/")) out.push_back(file.substr(name.size() + 1));
    }
    return out;
  };
  return folder;
}

absl::StatusOr<std::string> Compose(const Files& files, const std::vector<std::string>& overrides) {
  std::vector<ParamOverride> parsed;
  for (const std::string& text : overrides) {
    ASSIGN_OR_RETURN(ParamOverride one, ParseOverride(text));
    if (!one.choices.empty()) return absl::InvalidArgumentError("a sweep");
    parsed.push_back(std::move(one));
  }
  const Environment environment = [](absl::string_view name) {
    return name == "HYDRA_VECTOR" ? std::optional<std::string>("v") : std::nullopt;
  };
  ASSIGN_OR_RETURN(const Value config, ComposeHydra(FolderOf(files), "config", parsed, environment));
  return WriteOmegaYaml(config);
}

// The file, or the error.
std::string Text(const Files& files, const std::vector<std::string>& overrides) {
  const auto composed = Compose(files, overrides);
  return composed.ok() ? *composed : std::string(composed.status().message());
}

const Files& Conf() {
  static const Files* const files =
      new Files{{"config.yaml",
                 "defaults:\n- model: small\n- optional extra: none\n- _self_\n\nlr: 1e-3\nname: m-${model.size}\n"
                 "hydra:\n  run: {dir: .}\n"},
                {"model/small.yaml", "defaults:\n- opt: sgd\nsize: 010\nbias: yes\n"},
                {"model/big.yaml", "defaults:\n- opt@o: adam\n- _self_\nsize: 512\n"},
                {"model/opt/sgd.yaml", "momentum: 0.9\n"},
                {"model/opt/adam.yaml", "# @package _global_\nbetas: [0.9, 0.999]\n"},
                {"data/x.yaml", "path: ${oc.env:HYDRA_VECTOR}/x\n"}};
  return *files;
}

TEST(ComposeHydra, FollowsTheDefaultsListsWithGroupsAndPackages) {
  EXPECT_EQ(Text(Conf(), {}), "model:\n  opt:\n    momentum: 0.9\n  size: 8\n  bias: true\nlr: 0.001\nname: m-8\n");
  EXPECT_EQ(Text(Conf(), {"model=big"}),
            "model:\n  o:\n    betas:\n    - 0.9\n    - 0.999\n  size: 512\nlr: 0.001\nname: m-512\n");
  EXPECT_EQ(
      Text(Conf(), {"+data=x", "lr=1e-5", "+a.b=2", "~name"}),
      "model:\n  opt:\n    momentum: 0.9\n  size: 8\n  bias: true\nlr: 1.0e-05\ndata:\n  path: v/x\na:\n  b: 2\n");
  EXPECT_EQ(Text(Conf(), {"~model", "name=x"}), "lr: 0.001\nname: x\n");
  EXPECT_EQ(Text(Conf(), {"+data@train=x", "~model", "~name"}), "lr: 0.001\ntrain:\n  path: v/x\n");
}

TEST(ComposeHydra, MergesIntoACopyOfWhatAnInterpolationMeans) {
  EXPECT_EQ(Text({{"config.yaml", "defaults: [_self_, g: a]\nx: {a: 1, b: 2}\nz: ${x}\n"},
                  {"g/a.yaml", "# @package _global_\nz: {b: 3}\n"}},
                 {}),
            "x:\n  a: 1\n  b: 2\nz:\n  a: 1\n  b: 3\n");
}

TEST(ComposeHydra, SaysWhatIsNotThere) {
  EXPECT_EQ(Text(Conf(), {"model=huge"}),
            "conf/config: there is no 'model/huge'; available: big, opt/adam, opt/sgd, small");
  EXPECT_THAT(Text(Conf(), {"data=x"}), HasSubstr("could not override 'data': it is in no defaults list"));
  EXPECT_THAT(status::Hint(Compose(Conf(), {"data=x"}).status()), HasSubstr("+data=…"));
  EXPECT_THAT(Text(Conf(), {"lrr=1"}),
              HasSubstr("could not override 'lrr': no such key in the composed configuration"));
  EXPECT_THAT(Text(Conf(), {"nogroup@p=1"}), HasSubstr("there is no config group 'nogroup'"));
  EXPECT_THAT(Text(Conf(), {"++model=big"}), HasSubstr("with a single +"));
  EXPECT_THAT(Text({}, {}), HasSubstr("there is no conf/config.yaml"));
  EXPECT_THAT(Text({{"config.yaml", "a: ${b}\n"}}, {}), HasSubstr("there is no such key"));
  EXPECT_THAT(Text({{"config.yaml", "hydra:\n  searchpath: [x]\n"}}, {}), HasSubstr("searchpath is not supported"));
  EXPECT_THAT(Text({{"config.yaml", "defaults:\n- config\n"}}, {}), HasSubstr("include each other"));
}

TEST(Composed, CarriesAConfigurationAsOneOverride) {
  const auto config = ComposeHydra(FolderOf(Conf()), "config", {}, [](absl::string_view) { return std::nullopt; });
  ASSERT_TRUE(config.ok());
  const std::string text = OverrideText(Composed("sub/params.yaml", *config));
  EXPECT_TRUE(IsComposed(text)) << text;
  EXPECT_FALSE(IsComposed("a.b=++='{'"));
  const auto back = ParseOverride(text);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->file, "sub/params.yaml");
  // The other overrides are in it already.
  const auto applied = ApplyOverrides("params.yaml", "# old\nlr: 1\n", {*ParseOverride("model=big"), *back});
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(*applied, WriteOmegaYaml(*config));
}

// EXPQ_HYDRA_VECTORS: random folders and what hydra-core makes of them, by tests/compat/hydra_vectors.py.
TEST(ComposeHydra, AgreesWithHydraItself) {
  const char* file = std::getenv("EXPQ_HYDRA_VECTORS");
  if (file == nullptr) GTEST_SKIP() << "run by tests/compat/hydra_vectors.py";
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  const auto vectors = ParseJson(text.str(), file);
  ASSERT_TRUE(vectors.ok()) << vectors.status();
  int differences = 0;
  for (const Value& vector : *vectors->list()) {
    Files files;
    std::string shown;
    for (const auto& [name, content] : *vector.map()->Find("files")->map()) {
      files[name] = *content.string();
      absl::StrAppend(&shown, "--- ", name, "\n", *content.string());
    }
    std::vector<std::string> overrides;
    for (const Value& one : *vector.map()->Find("overrides")->list()) overrides.push_back(*one.string());
    const auto composed = Compose(files, overrides);
    const Value* want = vector.map()->Find("yaml");
    const bool same = want == nullptr ? !composed.ok() : composed.ok() && *composed == *want->string();
    if (same) continue;
    ADD_FAILURE() << shown << "--- -S " << absl::StrJoin(overrides, " -S ") << "\n=== Hydra\n"
                  << (want ? *want->string() : *vector.map()->Find("error")->string()) << "\n=== expq\n"
                  << (composed.ok() ? *composed : composed.status().ToString());
    if (++differences == 3) return;
  }
}

}  // namespace
}  // namespace expq::params
