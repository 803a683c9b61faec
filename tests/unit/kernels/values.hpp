#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "kernels/kernels.hpp"

namespace test {

/// Normal values from a seed.
inline std::vector<float> normal(std::size_t n, std::uint32_t seed, float deviation = 1.0f) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> distribution(0.0f, deviation);
  std::vector<float> values(n);
  for (float& v : values) v = distribution(generator);
  return values;
}

/// Bit for bit, but any NaN is as good as another.
inline bool same(float a, float b) { return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0; }
inline bool same(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

/// What a computing function needs, on so many threads.
struct Setup {
  explicit Setup(int threads, ondol::Isa isa)
      : pool(threads),
        memory(std::make_shared<ondol::MemoryAccount>(0, ondol::Allocator{})),
        arena(memory),
        compute{pool, ondol::kernels(isa), arena} {}

  ondol::ThreadPool pool;
  std::shared_ptr<ondol::MemoryAccount> memory;
  ondol::Arena arena;
  ondol::Compute compute;
};

}  // namespace test
