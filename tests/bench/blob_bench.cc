// Materializing cached files beside `cp -al`, and hashing beside MD5 of memory (what `openssl speed md5` measures).
//
//   EXPQ_BENCH_LARGE_MB   size of the large file, default 512 (the contract's row is 2048)
//   TMPDIR                where it works; nothing is deleted between samples (ext4 creates slowly after mass deletes)
#include <openssl/evp.h>

#include <cstdlib>
#include <thread>

#include "common/blob/cache.h"
#include "common/fs/filesystem.h"
#include "tests/bench/bench_report.h"

namespace expq::bench {
namespace {

constexpr int kSamples = 7;

void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

template <typename T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

class BlobBench {
 public:
  explicit BlobBench(std::string root) : root_(std::move(root)) {}

  void Run() {
    MakeTree("small", 1000, 1024);
    MakeTree("many", 10'000, 4096);
    Materialize("small", "1,000 cached files of 1 KiB, hard links; peer: cp -al");
    Materialize("many", "10,000 cached files of 4 KiB, hard links; peer: cp -al");
    AlreadyRight();
    HashLarge();
    HashMany(1, "hash 10,000 files of 4 KiB, 1 thread; peer: their MD5 alone");
    HashMany(0, "hash 10,000 files of 4 KiB, all threads; peer: their MD5 alone");
  }

 private:
  // A hundred files a folder, each with bytes of its own, stamped long enough ago to be trusted.
  void MakeTree(const std::string& name, int files, size_t size) {
    for (int i = 0; i < files; ++i) {
      std::string folder = absl::StrFormat("%s/%s/%03d", root_, name, i / 100);
      if (i % 100 == 0) Must(disk_.MakeDirs(folder));
      std::string bytes = absl::StrCat(name, i);
      bytes.resize(size, 'x');
      Must(disk_.Write(absl::StrFormat("%s/%02d", folder, i % 100), bytes, fs::Durability::kAtomic));
    }
    std::this_thread::sleep_for(std::chrono::nanoseconds(2 * blob::HashIndex::kTickNs));  // tidy: a stamp must age
  }

  blob::CacheOptions Hardlinks(int threads = 0) const {
    blob::CacheOptions options;
    options.link_kinds = {fs::LinkKind::kHardlink};
    options.hash_threads = threads;
    return options;
  }

  void Materialize(const std::string& name, const std::string& what) {
    blob::Cache cache(disk_, root_ + "/cache", index_, Hardlinks());
    digest::Digest digest = Must(cache.Store(root_ + "/" + name)).digest;
    std::vector<double> ours, theirs;
    for (int i = 0; i < kSamples; ++i) {
      std::string to = absl::StrCat(root_, "/", name, "-", i);
      ours.push_back(Seconds([&] { Must(cache.Checkout(digest, to)); }));
      std::string copy = absl::StrCat("cp -al ", root_, "/", name, " ", to, "-cp");
      theirs.push_back(Seconds([&] {
        if (std::system(copy.c_str()) != 0) std::exit(1);
      }));
    }
    table_.Row(what, Median(ours) * 1e3, Median(theirs) * 1e3, "ms");
  }

  void AlreadyRight() {
    blob::Cache cache(disk_, root_ + "/cache", index_, Hardlinks());
    std::string path = root_ + "/many-0";
    digest::Digest digest = Must(cache.Hash(path)).digest;
    std::vector<double> checkout, hash;
    for (int i = 0; i < kSamples; ++i) {
      checkout.push_back(Seconds([&] { Must(cache.Checkout(digest, path)); }));
      hash.push_back(Seconds([&] { Must(cache.Hash(path)); }));
    }
    table_.Row("10,000 files that are right already: checkout", Median(checkout) * 1e3, "ms");
    table_.Row("10,000 files that are known: hash", Median(hash) * 1e3, "ms");
  }

  static double Md5Seconds(size_t piece, size_t pieces) {
    std::string buffer(piece, 'x');
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    double seconds = Seconds([&] {
      EVP_DigestInit_ex(context, EVP_md5(), nullptr);
      for (size_t i = 0; i < pieces; ++i) EVP_DigestUpdate(context, buffer.data(), buffer.size());
      EVP_DigestFinal_ex(context, digest, nullptr);
    });
    EVP_MD_CTX_free(context);
    return seconds;
  }

  void HashLarge() {
    const char* asked = std::getenv("EXPQ_BENCH_LARGE_MB");
    size_t megabytes = asked != nullptr ? std::strtoul(asked, nullptr, 10) : 512;
    std::string path = root_ + "/large", piece(1 << 20, 'x');
    for (size_t i = 0; i < megabytes; ++i) Must(disk_.Append(path, piece));
    std::vector<double> ours, theirs;
    for (int i = 0; i < 3; ++i) {
      blob::HashIndex forgetful(disk_, "");
      blob::Cache cache(disk_, root_ + "/cache", forgetful, Hardlinks());
      theirs.push_back(static_cast<double>(megabytes) / Md5Seconds(16 << 10, megabytes * 64));
      ours.push_back(static_cast<double>(megabytes) / Seconds([&] { Must(cache.Hash(path)); }));
    }
    table_.Row(absl::StrCat("hash one file of ", megabytes, " MiB; peer: MD5 of memory"), Median(ours), Median(theirs),
               "MiB/s");
    Must(disk_.Remove(path));
  }

  void HashMany(int threads, const std::string& what) {
    std::vector<double> ours, theirs;
    for (int i = 0; i < kSamples; ++i) {
      blob::HashIndex forgetful(disk_, "");
      blob::Cache cache(disk_, root_ + "/cache", forgetful, Hardlinks(threads));
      theirs.push_back(10'000 / Seconds([] {
                         for (int n = 0; n < 10'000; ++n) Md5Seconds(4096, 1);
                       }));
      ours.push_back(10'000 / Seconds([&] { Must(cache.Hash(root_ + "/many")); }));
    }
    table_.Row(what, Median(ours), Median(theirs), "/s");
  }

  const std::string root_;
  fs::PosixFilesystem disk_;
  blob::HashIndex index_{disk_, ""};
  Table table_;
};

}  // namespace
}  // namespace expq::bench

int main() {
  const char* base = std::getenv("TMPDIR");
  std::string root = expq::fs::TemporaryName(absl::StrCat(base != nullptr ? base : "/tmp", "/expq-bench"));
  expq::fs::PosixFilesystem disk;
  expq::bench::Must(disk.MakeDirs(root));
  expq::bench::BlobBench(root).Run();
  expq::bench::Must(disk.RemoveTree(root));
}
