#include "cli/quantity.h"

#include <gtest/gtest.h>

namespace expq::cli {
namespace {

TEST(Quantity, ReadsDurations) {
  EXPECT_EQ(ParseDuration("90s").value(), absl::Seconds(90));
  EXPECT_EQ(ParseDuration("90").value(), absl::Seconds(90));
  EXPECT_EQ(ParseDuration("1h30m").value(), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("1.5h").value(), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("2d").value(), absl::Hours(48));
  EXPECT_EQ(ParseDuration("100ms").value(), absl::Milliseconds(100));
  for (const char* bad : {"", "h", "1x", "-1s", "1h30", "soon", "1 h"}) EXPECT_FALSE(ParseDuration(bad).ok()) << bad;
}

TEST(Quantity, ReadsSizes) {
  EXPECT_EQ(ParseSize("8G").value(), int64_t{8} << 30);
  EXPECT_EQ(ParseSize("512MiB").value(), int64_t{512} << 20);
  EXPECT_EQ(ParseSize("512mb").value(), int64_t{512} << 20);
  EXPECT_EQ(ParseSize("1.5k").value(), 1536);
  EXPECT_EQ(ParseSize("77").value(), 77);
  for (const char* bad : {"", "G", "8X", "-1G", "8GG", "99999999999999T"}) EXPECT_FALSE(ParseSize(bad).ok()) << bad;
}

TEST(Quantity, WritesForPeopleAndForMachines) {
  EXPECT_EQ(ShortDuration(absl::Seconds(3)), "3s");
  EXPECT_EQ(ShortDuration(absl::Seconds(130)), "2m 10s");
  EXPECT_EQ(ShortDuration(absl::Hours(4) + absl::Minutes(5)), "4h 05m");
  EXPECT_EQ(ShortDuration(absl::Hours(100)), "4d");
  EXPECT_EQ(ShortSize(int64_t{3} << 29), "1.5 GiB");
  EXPECT_EQ(Rfc3339(absl::FromUnixMillis(1700000000123)), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(Rfc3339(absl::InfinitePast()), "");
}

}  // namespace
}  // namespace expq::cli
