#pragma once

#include <algorithm>
#include <chrono>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "limits.hpp"

namespace ondol::bench {

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds of one call: the fastest of several runs, each of as many calls as take a millisecond.
template <class F>
double fastest(F f, int runs = 15) {
  f();
  int calls = 1;
  double best = 1e9;
  for (int i = 0; i < runs; ++i) {
    const double begin = seconds();
    for (int j = 0; j < calls; ++j) f();
    const double each = (seconds() - begin) / calls;
    best = std::min(best, each);
    calls = std::max(1, std::min(100000, static_cast<int>(1e-3 / best)));
  }
  return best;
}

/// Whether kernels of `isa` may use the instructions of `part`, by the names of Peak::isa.
inline bool includes(std::string_view isa, std::string_view part) {
  return isa == part || (part == "avx2" && isa.starts_with("avx")) || (part == "avx512" && isa.starts_with("avx512"));
}

/// The most multiply-accumulates a second of an instruction set: of integers, or of floats. 0: none is known.
inline double peak(std::string_view isa, bool integer, int threads) {
  double best = 0;
  for (const Peak& each : peaks())
    if (includes(isa, each.isa) && integer == each.integer) best = std::max(best, rate(each, threads));
  return best;
}

/// Of a list of words with commas between them.
inline std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::stringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

}  // namespace ondol::bench
