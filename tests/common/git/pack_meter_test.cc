#include "common/git/pack_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/git/limits.h"
#include "common/git/repository.h"
#include "tests/support/temp_dir.h"

namespace expq::git {
namespace {

using ::testing::HasSubstr;

constexpr int kBlob = 3;
constexpr int kOffsetDelta = 6;
constexpr int kIdDelta = 7;
constexpr uint64_t kGiB = uint64_t{1} << 30;

std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
  return bytes;
}

std::string Number(uint64_t number) {
  std::string bytes;
  for (; number > 0x7F; number >>= 7) bytes.push_back(static_cast<char>(number | 0x80));
  bytes.push_back(static_cast<char>(number));
  return bytes;
}

// zlib's format without compression.
std::string Zlib(const std::string& bytes) {
  uint32_t a = 1, b = 0;
  for (unsigned char byte : bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  const auto size = static_cast<uint16_t>(bytes.size());
  std::string stored = {'\x78', '\x01', '\x01', static_cast<char>(size), static_cast<char>(size >> 8)};
  stored.push_back(static_cast<char>(~size));
  stored.push_back(static_cast<char>(~size >> 8));
  return absl::StrCat(stored, bytes, BigEndian(b << 16 | a));
}

std::string Object(int type, uint64_t size, const std::string& rest) {
  const bool more = size > 0x0F;
  const char first = static_cast<char>(type << 4 | (size & 0x0F) | (more ? 0x80 : 0));
  return absl::StrCat(std::string(1, first), more ? Number(size >> 4) : "", rest);
}

std::string Blob(const std::string& bytes) { return Object(kBlob, bytes.size(), Zlib(bytes)); }

// Makes `result` bytes of 20, or so it says.
std::string Delta(uint64_t result) {
  const std::string instructions = absl::StrCat(Number(20), Number(result));
  return Object(kIdDelta, instructions.size(), absl::StrCat(std::string(20, 'b'), Zlib(instructions)));
}

std::string PackOf(const std::vector<std::string>& objects) {
  std::string pack = absl::StrCat("PACK", BigEndian(2), BigEndian(static_cast<uint32_t>(objects.size())));
  for (const std::string& object : objects) absl::StrAppend(&pack, object);
  return pack + std::string(20, 'c');
}

absl::Status Measure(const std::string& pack, size_t piece) {
  PackMeter meter;
  for (size_t at = 0; at < pack.size(); at += piece) {
    absl::Status taken = meter.Take(absl::string_view(pack).substr(at, piece));
    if (!taken.ok()) return taken;
  }
  return absl::OkStatus();
}

TEST(PackMeter, PassesWhatIsWithinBoundsHoweverItIsCut) {
  const std::string offset = Object(kOffsetDelta, 2, absl::StrCat("\x81\x01", Zlib(Number(20) + Number(3))));
  const std::string pack = PackOf({Blob(""), Blob("hello"), Delta(1000), offset, Blob(std::string(60'000, 'x'))});
  for (size_t piece : {size_t{1}, size_t{7}, size_t{1000}, pack.size()}) {
    EXPECT_EQ(Measure(pack, piece), absl::OkStatus()) << piece;
  }
  EXPECT_EQ(Measure(PackOf({}), 5), absl::OkStatus());
}

TEST(PackMeter, RefusesAnObjectThatIsTooLargeBeforeItInflatesIt) {
  const std::string bomb = PackOf({Object(kBlob, 3 * kGiB, "")});
  for (size_t piece : {size_t{1}, bomb.size()}) {
    const absl::Status refused = Measure(bomb, piece);
    EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
    EXPECT_EQ(refused.message(), "pack has an object of 3221225472 bytes, more than 2147483648");
  }
}

TEST(PackMeter, RefusesADeltaThatMakesTooMuch) {
  EXPECT_EQ(Measure(PackOf({Delta(kMaxDeltaBytes)}), 100), absl::OkStatus());
  for (uint64_t result : {kMaxDeltaBytes + 1, kGiB << 10, uint64_t{1} << 62}) {
    EXPECT_TRUE(absl::IsResourceExhausted(Measure(PackOf({Delta(result)}), 100))) << result;
  }
}

TEST(PackMeter, RefusesAPackThatIsTooMuchInAll) {
  const std::vector<std::string> deltas(kMaxInflatedPackBytes / kMaxDeltaBytes + 1, Delta(kMaxDeltaBytes));
  const absl::Status refused = Measure(PackOf(deltas), 1000);
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(refused.message(), HasSubstr("pack inflates to more than 137438953472 bytes"));
}

TEST(PackMeter, RefusesAnObjectThatIsNotAsLargeAsItSays) {
  for (const auto& [says, why] : {std::pair<uint64_t, const char*>{4, "larger"}, {6, "smaller"}}) {
    const absl::Status refused = Measure(PackOf({Object(kBlob, says, Zlib("hello"))}), 100);
    EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
    EXPECT_THAT(refused.message(), HasSubstr(why));
  }
}

TEST(PackMeter, RefusesWhatIsNoPack) {
  const std::string endless(12, '\xFF');
  for (const std::string& broken :
       {std::string("PACKET of words"), PackOf({Object(0, 1, Zlib("x"))}), PackOf({Object(5, 1, Zlib("x"))}),
        PackOf({Object(kBlob, 5, "not zlib's")}), PackOf({endless}), PackOf({Object(kOffsetDelta, 2, endless)}),
        PackOf({Object(kIdDelta, 12, std::string(20, 'b') + Zlib(endless))})}) {
    const absl::Status refused = Measure(broken, 100);
    EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  }
}

TEST(PackMeter, StandsBeforeEveryRepository) {
  const testing::TempDir dir;
  const auto repository = *Repository::OpenBare(dir / "there.git");
  bool given = false;
  const absl::Status refused = repository->ReadPack([&]() -> absl::StatusOr<std::string> {
    return std::exchange(given, true) ? std::string() : PackOf({Object(kBlob, 3 * kGiB, "")});
  });
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
}

}  // namespace
}  // namespace expq::git
