#include "common/random/random.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <random>

namespace expq::random {
namespace {

class SystemRandom : public Random {
 public:
  uint64_t Next() override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (next_ == pool_.size()) Refill();
    return pool_[next_++];
  }

 private:
  void Refill() {
    size_t filled = 0;
    char* bytes = reinterpret_cast<char*>(pool_.data());
    while (filled < sizeof(pool_)) {
      ssize_t n = getrandom(bytes + filled, sizeof(pool_) - filled, 0);
      if (n > 0) filled += static_cast<size_t>(n);
    }
    next_ = 0;
  }

  std::mutex mutex_;
  // 32 words: one system call for 32 draws, and still within the 256 bytes that getrandom gives uninterrupted.
  std::array<uint64_t, 32> pool_{};
  size_t next_ = 32;
};

class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  uint64_t Next() override {
    std::lock_guard<std::mutex> lock(mutex_);
    return engine_();
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace

std::unique_ptr<Random> NewSystemRandom() { return std::make_unique<SystemRandom>(); }

std::unique_ptr<Random> NewSeededRandom(uint64_t seed) { return std::make_unique<SeededRandom>(seed); }

std::string HexId(Random& random, int length) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  while (static_cast<int>(id.size()) < length) {
    uint64_t bits = random.Next();
    for (int i = 0; i < 16 && static_cast<int>(id.size()) < length; ++i, bits >>= 4) id += kHex[bits & 15];
  }
  return id;
}

}  // namespace expq::random
