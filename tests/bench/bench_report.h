// The table that every benchmark prints, and how it takes its time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace expq::bench {

// Seconds that one call takes.
inline double Seconds(const std::function<void()>& work) {
  auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

inline double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// One row each: `what | expq | peer | ratio`. Ratio is expq / peer of the same unit.
class Table {
 public:
  Table() { std::printf("%-58s | %16s | %16s | %s\n", "what", "expq", "peer", "ratio"); }
  void Row(const std::string& what, double expq, double peer, const char* unit) {
    std::printf("%-58s | %10.4g %-5s | %10.4g %-5s | %.2f\n", what.c_str(), expq, unit, peer, unit, expq / peer);
    std::fflush(stdout);
  }
  void Row(const std::string& what, double expq, const char* unit) {
    std::printf("%-58s | %10.4g %-5s | %16s |\n", what.c_str(), expq, unit, "");
    std::fflush(stdout);
  }
};

}  // namespace expq::bench
