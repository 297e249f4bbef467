// Randomness, passed in, so that a test or a simulation is one seed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace expq::random {

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;

  // Uniform in [0, bound); bound > 0. The modulo bias is below 2^-32 for the bounds used here.
  uint64_t Below(uint64_t bound) { return Next() % bound; }
};

// From the kernel (getrandom): fit for ids and tokens.
std::unique_ptr<Random> NewSystemRandom();

// Deterministic; the same seed gives the same sequence on every machine (mt19937_64).
std::unique_ptr<Random> NewSeededRandom(uint64_t seed);

// `length` lower-case hex characters.
std::string HexId(Random& random, int length);

}  // namespace expq::random
