#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/value/value.h"
#include "common/yaml/yaml.h"
#include "gtest/gtest.h"

namespace expq::yaml {
namespace {

using value::Value;

std::string Text(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string Golden(const std::string& name) { return Text(std::string(EXPQ_SOURCE_DIR) + "/tests/golden/" + name); }

// Those of tests/compat/ruamel_golden.py, which may have made others just now.
std::string Vectors() {
  const char* file = std::getenv("EXPQ_RUAMEL_VECTORS");
  return file == nullptr ? Golden("ruamel_emit.json") : Text(file);
}

TEST(Emit, IsByteForByteWhatRuamelWrote) {
  // JSON is YAML; .inf and .nan in it are ours.
  const auto golden = Parse(Vectors(), "ruamel_emit.json");
  ASSERT_TRUE(golden.ok()) << golden.status();
  ASSERT_GT(golden->root.list()->size(), 40u);
  for (const Value& pair : *golden->root.list()) {
    EXPECT_EQ(Emit(*pair.map()->Find("value"), Folding::kAsRuamel), *pair.map()->Find("yaml")->string());
  }
}

TEST(Emit, ReadsBackAsTheSameValue) {
  const auto golden = Parse(Golden("ruamel_emit.json"), "ruamel_emit.json");
  ASSERT_TRUE(golden.ok()) << golden.status();
  for (const Value& pair : *golden->root.list()) {
    const Value& value = *pair.map()->Find("value");
    const auto back = Parse(Emit(value), "emitted");
    ASSERT_TRUE(back.ok()) << back.status() << "\n" << Emit(value);
    EXPECT_TRUE(value::Identical(back->root, value)) << Emit(value);
  }
}

TEST(Emit, FoldsAtTwoBlanksOnlyAsRuamel) {
  value::Map map;
  map.Set("cmd", "python train.py --alpha 0.1 --beta 0.2 --gamma 0.3 --delta 0.4 --epsilon  0.5");
  EXPECT_EQ(Emit(map, Folding::kAsRuamel),
            "cmd: python train.py --alpha 0.1 --beta 0.2 --gamma 0.3 --delta 0.4 --epsilon  \n  0.5\n");
  EXPECT_EQ(Emit(map), "cmd: python train.py --alpha 0.1 --beta 0.2 --gamma 0.3 --delta 0.4 --epsilon  0.5\n");
}

TEST(Emit, WritesALockFilesStage) {
  const auto document = Parse("{s: {cmd: 'echo it''s', deps: [{path: in.txt, size: 6}], p: {lr: 1e-5, e: null}}}", "x");
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(Emit(document->root),
            "s:\n  cmd: echo it's\n  deps:\n  - path: in.txt\n    size: 6\n  p:\n    lr: 1e-05\n    e:\n");
}

}  // namespace
}  // namespace expq::yaml
