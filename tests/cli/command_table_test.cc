#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/help.h"

namespace expq::cli {
namespace {

using ::testing::HasSubstr;

TEST(CommandTable, EveryCommandSaysWhatItIsForWithAnExampleOfItself) {
  std::set<std::string> names;
  for (const CommandInfo& info : AllCommands()) {
    SCOPED_TRACE(info.name);
    EXPECT_TRUE(names.insert(info.name).second);
    EXPECT_FALSE(info.summary.empty());
    EXPECT_FALSE(absl::EndsWith(info.summary, "."));
    ASSERT_FALSE(info.examples.empty());
    for (const std::string& example : info.examples) EXPECT_THAT(example, HasSubstr(absl::StrCat("expq ", info.name)));
    const std::string help = CommandHelp(info);
    EXPECT_THAT(help, HasSubstr(info.summary));
    EXPECT_THAT(help, HasSubstr("--scheduler"));
    EXPECT_THAT(ManPage({info}), HasSubstr(info.name.substr(0, info.name.find('-'))));
  }
}

TEST(CommandTable, EveryOptionHasALongNameAndIsDeclaredOnce) {
  for (const CommandInfo& info : AllCommands()) {
    Globals globals;
    OptionTable table;
    const std::unique_ptr<Command> command = info.make();
    command->Declare(table);
    DeclareFormats(table, info.formats, &globals);
    DeclareGlobals(table, &globals);
    std::set<std::string> names;
    for (const Option& option : table.options()) {
      EXPECT_TRUE(option.hidden || !option.LongName().empty()) << info.name;
      EXPECT_FALSE(option.help.empty()) << info.name << " " << option.names;
      if (!option.LongName().empty()) {
        EXPECT_TRUE(names.insert(option.LongName()).second) << info.name << " " << option.names;
      }
      if (!option.ShortName().empty()) {
        EXPECT_TRUE(names.insert(option.ShortName()).second) << info.name << " " << option.names;
      }
    }
  }
}

}  // namespace
}  // namespace expq::cli
