#include "common/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/temp_dir.h"

namespace expq::config {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// A repository in "r", and folders "system" and "global" beside it.
class Configuration : public ::testing::Test {
 protected:
  Config Given() {
    const absl::StatusOr<Config> config = Read(fs_, dir_ / "r", Folders());
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? *config : Config{};
  }
  std::string Refusal() { return std::string(Read(fs_, dir_ / "r", Folders()).status().message()); }
  UserFolders Folders() const { return {.system = dir_ / "system", .global = dir_ / "global", .home = "/home/ann"}; }

  testing::TempDir dir_;
  fs::PosixFilesystem fs_;
};

TEST_F(Configuration, IsDvcsDefaultsWhereNothingIsSaid) {
  const Config config = Given();
  EXPECT_EQ(config.core.remote, "");
  EXPECT_FALSE(config.core.autostage);
  EXPECT_EQ(config.cache.dir, "");
  EXPECT_THAT(config.cache.link_kinds, IsEmpty());
  EXPECT_THAT(config.remotes, IsEmpty());
  EXPECT_FALSE(config.hydra.enabled);
  EXPECT_EQ(config.hydra.config_dir, "conf");
  EXPECT_EQ(config.hydra.config_name, "config");
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST_F(Configuration, OfANearerFileWins) {
  dir_.Write("system/config", "[core]\nremote = system\nautostage = true\n[exp]\ngit_remote = s\n");
  dir_.Write("global/config", "[core]\nremote = global\n[exp]\ngit_remote = g\n");
  dir_.Write("r/.dvc/config", "[core]\nremote = Repo\n");
  dir_.Write("r/.dvc/config.local", "[core]\nhardlink_lock = TRUE\n");
  const Config config = Given();
  EXPECT_EQ(config.core.remote, "repo");
  EXPECT_TRUE(config.core.autostage);
  EXPECT_TRUE(config.core.hardlink_lock);
  EXPECT_EQ(config.exp.git_remote, "g");
}

TEST_F(Configuration, OfARepositoryHoldsNothingPersonal) {
  dir_.Write("r/.dvc/config", "['remote \"s\"']\nurl = s3://bucket\n");
  dir_.Write("r/.dvc/config.local", "['remote \"s\"']\nsecret_access_key = hush\n");
  EXPECT_THAT(ReadRepository(fs_, dir_ / "r")->remotes.at("s").settings, IsEmpty());
  EXPECT_THAT(Given().remotes.at("s").settings, ElementsAre(Pair("secret_access_key", "hush")));
}

TEST_F(Configuration, PathsStartAtTheirFile) {
  dir_.Write("global/config", "[cache]\ndir = shared\n");
  EXPECT_EQ(Given().cache.dir, dir_ / "global/shared");
  dir_.Write("r/.dvc/config",
             "[cache]\ndir = ../../cache\n['remote \"near\"']\nurl = ../../store\n['remote \"home\"']\nurl = ~/store\n"
             "['remote \"far\"']\nurl = ssh://host/x\nkeyfile = key\n");
  const Config config = Given();
  EXPECT_EQ(config.cache.dir, dir_ / "cache");
  EXPECT_EQ(config.remotes.at("near").url, dir_ / "store");
  EXPECT_TRUE(config.remotes.at("near").IsLocal());
  EXPECT_EQ(config.remotes.at("home").url, "/home/ann/store");
  EXPECT_EQ(config.remotes.at("far").url, "ssh://host/x");
  EXPECT_FALSE(config.remotes.at("far").IsLocal());
  EXPECT_THAT(config.remotes.at("far").settings, ElementsAre(Pair("keyfile", dir_ / "r/.dvc/key")));
}

TEST_F(Configuration, HasEverySettingThatExpqFollows) {
  dir_.Write("r/.dvc/config",
             "[core]\nno_scm = true\nchecksum_jobs = 3\n[cache]\ntype = hardlink,copy\nshared = group\nverify = true\n"
             "slow_link_warning = false\n[parsing]\nbool = boolean_optional\nlist = append\n[hydra]\nenabled = true\n"
             "config_dir = c\nconfig_name = n\nplugins_path = p\n[exp]\nauto_push = true\n"
             "['remote \"s\"']\nurl = /s\njobs = 4\nshared = group\nverify = true\n");
  const Config config = Given();
  EXPECT_TRUE(config.core.no_scm);
  EXPECT_EQ(config.core.checksum_jobs, 3);
  EXPECT_THAT(config.cache.link_kinds, ElementsAre(fs::LinkKind::kHardlink, fs::LinkKind::kCopy));
  EXPECT_TRUE(config.cache.shared);
  EXPECT_TRUE(config.cache.verify);
  EXPECT_FALSE(config.cache.slow_link_warning);
  EXPECT_EQ(config.parsing.bool_arguments, BoolArguments::kBooleanOptional);
  EXPECT_EQ(config.parsing.list_arguments, ListArguments::kAppend);
  EXPECT_TRUE(config.hydra.enabled);
  EXPECT_EQ(config.hydra.config_dir, "c");
  EXPECT_EQ(config.hydra.plugins_path, "p");
  EXPECT_TRUE(config.exp.auto_push);
  EXPECT_EQ(config.remotes.at("s").jobs, 4);
  EXPECT_TRUE(config.remotes.at("s").shared);
  EXPECT_TRUE(config.remotes.at("s").verify);
}

TEST_F(Configuration, WarnsOfWhatDvcNoLongerHeeds) {
  dir_.Write("r/.dvc/config", "[exp]\ncode = src\n['machine \"m\"']\ncloud = aws\n[feature]\nx = true\n");
  EXPECT_THAT(Given().warnings, ElementsAre(EndsWith("config:2: exp.code has no effect any more and is ignored"),
                                            EndsWith("config:4: machine.m.cloud has no effect any more and is ignored"),
                                            EndsWith("config:6: feature.x has no effect any more and is ignored")));
}

TEST_F(Configuration, WarnsOfWhatExpqDoesNotFollow) {
  dir_.Write("r/.dvc/config", "[core]\nno_scm = true\n[exp]\nauto_push = true\n");
  EXPECT_THAT(Given().warnings, ElementsAre("core.no_scm is not followed: expq works with git",
                                            "exp.auto_push is not followed: dvc exp push sends results"));
  dir_.Write("r/.dvc/config.local", "[core]\nno_scm = false\n[exp]\nauto_push = false\n");
  EXPECT_THAT(Given().warnings, IsEmpty());
}

TEST_F(Configuration, ARemoteCanBeTheCache) {
  dir_.Write("r/.dvc/config",
             "[cache]\ndir = d\ntype = copy\nlocal = Big\n['remote \"big\"']\nurl = ../big\nshared = group\n");
  const Config config = Given();
  EXPECT_EQ(config.cache.dir, dir_ / "r/big");
  EXPECT_THAT(config.cache.link_kinds, IsEmpty());
  EXPECT_TRUE(config.cache.shared);
  // Not even where others may look for it.
  dir_.Write("r/.dvc/config", "[cache]\nlocal = big\n");
  EXPECT_TRUE(ReadRepository(fs_, dir_ / "r").ok());
}

TEST_F(Configuration, RefusesWhatDvcRefuses) {
  const std::map<std::string, std::string> refusals = {
      {"[core]\nremot = x", ":2: core.remot: there is no such setting"},
      {"[nonsense]\nx = y", ":2: nonsense.x: there is no section 'nonsense'"},
      {"[core]\nautostage = yes", ":2: core.autostage: expected true or false, got 'yes'"},
      {"[cache]\ntype = teleport", ":2: cache.type: 'teleport' is none of reflink, hardlink, symlink, copy"},
      {"[cache]\nlocal = big", ":2: cache.local: there is no remote 'big'"},
      {"[cache]\nlocal = b\n['remote \"b\"']\nurl = s3://b", ":2: cache.local: remote 'b' is s3://b, no folder"},
      {"[cache]\nshared = all", ":2: cache.shared: expected group, got 'all'"},
      {"[core]\nchecksum_jobs = 0", ":2: core.checksum_jobs: expected a number above 0, got '0'"},
      {"['remote \"a\"']\njobs = 3", ":2: remote.a.jobs: this remote has no 'url'"},
      {"['remote \"a\"']\nurl = s3://b\nkeyfile = k", ":3: remote.a.keyfile: there is no such setting"},
      {"['remote \"a\"']\nurl = gopher://b", ":2: remote.a.url: unknown kind of URL 'gopher://b'"},
      {"[core]\nremote = a, b", ":2: core.remote: a value with a comma needs quotes"},
      {"[parsing]\nbool = maybe", ":2: parsing.bool: expected store_true or boolean_optional, got 'maybe'"},
  };
  for (const auto& [text, refusal] : refusals) {
    dir_.Write("r/.dvc/config", text);
    EXPECT_EQ(Refusal(), absl::StrCat(dir_ / "r/.dvc/config", refusal));
  }
}

TEST_F(Configuration, FindsTheDefaultRemoteAndThoseBelowOthers) {
  dir_.Write("r/.dvc/config",
             "[core]\nremote = below\n['remote \"base\"']\nurl = /store\n['remote \"below\"']\nurl = "
             "remote://base/team\n['remote \"a\"']\nurl = remote://b/x\n['remote \"b\"']\nurl = remote://a/x\n");
  const Config config = Given();
  EXPECT_EQ(config.FindRemote("")->url, "/store/team");
  EXPECT_EQ(config.FindRemote("BASE")->url, "/store");
  EXPECT_THAT(config.FindRemote("nope").status().message(), HasSubstr("there is no remote 'nope'"));
  EXPECT_THAT(config.FindRemote("a").status().message(), HasSubstr("leads to no remote"));
  EXPECT_TRUE(absl::IsNotFound(Config{}.FindRemote("").status()));
}

TEST(UserFolders, AreDvcs) {
  std::map<std::string, std::string> variables = {{"HOME", "/h"}};
  const auto variable = [&](absl::string_view name) { return variables[std::string(name)]; };
  EXPECT_EQ(FindUserFolders(variable).system, "/etc/xdg/dvc");
  EXPECT_EQ(FindUserFolders(variable).global, "/h/.config/dvc");
  variables["XDG_CONFIG_HOME"] = "/c";
  variables["XDG_CONFIG_DIRS"] = "/x:/y";
  EXPECT_EQ(FindUserFolders(variable).system, "/x/dvc");
  EXPECT_EQ(FindUserFolders(variable).global, "/c/dvc");
  variables["DVC_GLOBAL_CONFIG_DIR"] = "/g";
  variables["DVC_SYSTEM_CONFIG_DIR"] = "/s";
  EXPECT_EQ(FindUserFolders(variable).system, "/s");
  EXPECT_EQ(FindUserFolders(variable).global, "/g");
}

}  // namespace
}  // namespace expq::config
