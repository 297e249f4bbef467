#include <gtest/gtest.h>

#include "common/blob/cache.h"
#include "tests/support/memory_blob_store.h"
#include "tests/support/memory_filesystem.h"

namespace expq::blob {
namespace {

const experiment::ProjectName kProject("p");

class TransferTest : public ::testing::Test {
 protected:
  digest::Digest AddFolder(const std::vector<std::string>& contents) {
    std::vector<ManifestEntry> entries;
    for (const std::string& bytes : contents) entries.push_back({absl::StrCat("f", entries.size()), from_.Add(bytes)});
    return from_.Add(EncodeManifest(entries), /*is_dir=*/true);
  }

  testing::MemoryBlobStore from_, to_;
};

TEST_F(TransferTest, SendsWhatIsMissingAndNothingElse) {
  digest::Digest folder = AddFolder({"here already", "new", "new"}), file = from_.Add("alone");
  to_.Add("here already");
  auto bytes = Transfer(kProject, {folder, file, file}, from_, to_);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(to_.puts(), 3);  // "new", "alone", the manifest
  EXPECT_TRUE(to_.Has(folder));
  EXPECT_TRUE(to_.Has(digest::Md5Of("new")));
  EXPECT_EQ(*Transfer(kProject, {folder, file}, from_, to_), 0);
  EXPECT_EQ(to_.puts(), 3);
}

TEST_F(TransferTest, CompletesAFolderWhoseManifestIsThereButNotItsFiles) {
  digest::Digest folder = AddFolder({"a", "b"});
  ASSERT_TRUE(Transfer(kProject, {folder}, from_, to_).ok());
  to_.Lose(digest::Md5Of("a"));
  ASSERT_TRUE(Transfer(kProject, {folder}, from_, to_).ok());
  EXPECT_TRUE(to_.Has(digest::Md5Of("a")));
}

TEST_F(TransferTest, AMissingFileKeepsTheManifestBack) {
  digest::Digest folder = AddFolder({"a", "b"});
  from_.Lose(digest::Md5Of("b"));
  EXPECT_TRUE(absl::IsNotFound(Transfer(kProject, {folder}, from_, to_).status()));
  EXPECT_FALSE(to_.Has(folder));
}

TEST_F(TransferTest, NothingIsNeededOfASenderWhenTheReceiverHasItAll) {
  digest::Digest folder = AddFolder({"a"});
  ASSERT_TRUE(Transfer(kProject, {folder}, from_, to_).ok());
  testing::MemoryBlobStore forgetful;
  EXPECT_EQ(*Transfer(kProject, {folder}, forgetful, to_), 0);
}

TEST_F(TransferTest, SpoiltBytesAreRefused) {
  digest::Digest file = from_.Add("bytes"), folder = AddFolder({"a"});
  from_.Spoil(file);
  EXPECT_TRUE(absl::IsDataLoss(Transfer(kProject, {file}, from_, to_).status()));
  from_.Spoil(folder);
  EXPECT_TRUE(absl::IsDataLoss(Transfer(kProject, {folder}, from_, to_).status()));
  EXPECT_FALSE(to_.Has(file));
}

TEST_F(TransferTest, LargeObjectsGoThroughInPiecesAndTheReceiverMayGiveUp) {
  std::string large(3 << 20, 'x');
  digest::Digest file = from_.Add(large);
  testing::MemoryFilesystem disk;
  HashIndex index(disk, "");
  Cache cache(disk, "/cache", index);
  EXPECT_EQ(*Transfer(kProject, {file, from_.Add("")}, from_, cache), int64_t{3 << 20});
  EXPECT_TRUE(*disk.Read(cache.ObjectPath(file)) == large);
  EXPECT_TRUE(cache.Has(digest::Md5Of("")));

  class Full : public testing::MemoryBlobStore {
    absl::Status Put(const experiment::ProjectName&, const digest::Digest&, const experiment::ByteSource&) override {
      return absl::ResourceExhaustedError("full");
    }
  } full;
  EXPECT_TRUE(absl::IsResourceExhausted(Transfer(kProject, {file}, from_, full).status()));
}

}  // namespace
}  // namespace expq::blob
