#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace ondol::text {

/// Spreads the bits of a key over 64 (the finaliser of MurmurHash3, public domain).
[[nodiscard]] inline std::uint64_t mix(std::uint64_t x) noexcept {
  x ^= x >> 33;
  x *= 0xFF51AFD7ED558CCDull;
  x ^= x >> 33;
  x *= 0xC4CEB9FE1A85EC53ull;
  return x ^ x >> 33;
}

/// Hash of a short text, eight bytes at a time. Not against attackers: a table of it may get slow, never wrong.
[[nodiscard]] inline std::uint64_t hash(std::string_view text) noexcept {
  std::uint64_t h = text.size() * 0x9E3779B97F4A7C15ull;
  const char* p = text.data();
  std::size_t n = text.size();
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    h = (h ^ word) * 0x9FB21C651E98DF25ull;
    h ^= h >> 32;
  }
  if (n != 0) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, n);
    h = (h ^ word) * 0x9FB21C651E98DF25ull;
  }
  return mix(h);
}

}  // namespace ondol::text
