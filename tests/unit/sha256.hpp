#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace test {

/// SHA-256 as hexadecimal digits (FIPS 180-4), for comparing with reference data.
inline std::string sha256(std::span<const std::byte> data) {
  // The constants are the first 32 bits of the fractional parts of cube and square roots of primes.
  static const auto constants = [] {
    struct {
      std::array<std::uint32_t, 64> k;
      std::array<std::uint32_t, 8> start;
    } c;
    const auto fraction = [](long double x) {
      return static_cast<std::uint32_t>(static_cast<std::uint64_t>((x - std::floor(x)) * 4294967296.0L));
    };
    std::size_t found = 0;
    for (int n = 2; found < 64; ++n) {
      bool prime = true;
      for (int d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
      if (!prime) continue;
      c.k[found] = fraction(std::cbrt(static_cast<long double>(n)));
      if (found < 8) c.start[found] = fraction(std::sqrt(static_cast<long double>(n)));
      ++found;
    }
    return c;
  }();

  std::array<std::uint32_t, 8> state = constants.start;
  const auto chunk = [&state](const std::byte* p) {
    std::array<std::uint32_t, 64> w;
    for (std::size_t i = 0; i < 16; ++i) {
      w[i] = 0;
      for (std::size_t j = 0; j < 4; ++j) w[i] = w[i] << 8 | std::to_integer<std::uint32_t>(p[4 * i + j]);
    }
    for (std::size_t i = 16; i < 64; ++i) {
      const std::uint32_t a = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
      const std::uint32_t b = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
      w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint32_t t =
          h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + constants.k[i] + w[i];
      const std::uint32_t u = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t, d = c, c = b, b = a, a = t + u;
    }
    const std::array<std::uint32_t, 8> turned{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state[i] += turned[i];
  };

  std::size_t at = 0;
  for (; at + 64 <= data.size(); at += 64) chunk(data.data() + at);
  std::vector<std::byte> tail(data.begin() + static_cast<std::ptrdiff_t>(at), data.end());
  tail.push_back(std::byte{0x80});
  while (tail.size() % 64 != 56) tail.push_back(std::byte{0});
  const std::uint64_t bits = std::uint64_t{data.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) tail.push_back(static_cast<std::byte>(bits >> shift));
  for (std::size_t i = 0; i < tail.size(); i += 64) chunk(tail.data() + i);

  std::string hex;
  for (const std::uint32_t word : state) {
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 15];
  }
  return hex;
}

}  // namespace test
