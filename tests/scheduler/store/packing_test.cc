#include "scheduler/store/packing.h"

#include <gtest/gtest.h>

namespace expq::store {
namespace {

TEST(Packing, GivesBackAnyBytes) {
  Packer packer;
  packer.Add(absl::string_view("a:b,\0c", 6));
  packer.Add(int64_t{-5});
  packer.Add(std::vector<std::string>{"", "x"});
  packer.Add(std::map<std::string, std::string>{{"k", "v"}});
  std::string bytes = packer.Take();
  Unpacker unpacker(bytes);
  EXPECT_EQ(unpacker.Text(), std::string("a:b,\0c", 6));
  EXPECT_EQ(unpacker.Number(), -5);
  EXPECT_EQ(unpacker.List(), (std::vector<std::string>{"", "x"}));
  EXPECT_EQ(unpacker.Map(), (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_TRUE(unpacker.ok());
  EXPECT_TRUE(unpacker.AtEnd());
}

TEST(Packing, ReadsMissingFieldsAsEmpty) {
  Unpacker unpacker("");
  EXPECT_EQ(unpacker.Text(), "");
  EXPECT_EQ(unpacker.Number(), 0);
  EXPECT_TRUE(unpacker.List().empty());
  EXPECT_TRUE(unpacker.ok());
}

TEST(Packing, ReadsAnOfferThatAnOlderExpqWrote) {
  const experiment::Offer offer{
      .slots = 1, .cpus = 2, .memory = 3, .gpu_ids = {"GPU-1"}, .labels = {{"a", "b"}}, .closed = "disk full"};
  std::string bytes = PackOffer(offer);
  experiment::Offer read;
  ASSERT_TRUE(UnpackOffer(bytes, read).ok());
  EXPECT_EQ(read, offer);
  bytes.resize(bytes.size() - std::string("9:disk full,").size());
  ASSERT_TRUE(UnpackOffer(bytes, read).ok());
  EXPECT_EQ(read.closed, "");
  EXPECT_EQ(read.labels, offer.labels);
}

TEST(Packing, KeepsEveryRunOptionApartFromTheOthers) {
  using experiment::RunOptions;
  for (bool RunOptions::* option : {&RunOptions::force, &RunOptions::single_item, &RunOptions::downstream,
                                    &RunOptions::keep_going, &RunOptions::no_run_cache, &RunOptions::ignore_errors,
                                    &RunOptions::force_downstream, &RunOptions::allow_missing, &RunOptions::pull}) {
    experiment::Experiment e, read;
    e.options.*option = true;
    ASSERT_TRUE(UnpackSpec(PackSpec(e), read).ok());
    EXPECT_EQ(read.options, e.options);
    EXPECT_FALSE(read.force_name);
  }
}

TEST(Packing, NoticesDamageWithoutReadingBeyondTheEnd) {
  experiment::Experiment e;
  e.message = "hello";
  e.overrides = {"a=1", "b=2"};
  const std::string good = PackSpec(e);
  ASSERT_TRUE(UnpackSpec(good, e).ok());
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x40;
    experiment::Experiment ignored;
    UnpackSpec(bad, ignored).IgnoreError();  // any answer, but an orderly one
    UnpackSpec(good.substr(0, i), ignored).IgnoreError();
  }
  for (const char* bad : {"9", ":", "5:abc,", "99999999999999999999:a,", "-1:a,", "1:a;", "1:x,"}) {
    experiment::Resources need;
    EXPECT_TRUE(absl::IsDataLoss(UnpackNeed(bad, need))) << bad;
  }
}

}  // namespace
}  // namespace expq::store
