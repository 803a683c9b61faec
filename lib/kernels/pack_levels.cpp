#include "kernels/pack_levels.hpp"

#include <cstring>
#include <iterator>

#include "formats/k_scales.hpp"

// Blocks as the files of the same names in lib/formats describe them.
namespace ondol {
namespace {

const std::uint8_t* bytes_of(const std::byte* block) { return reinterpret_cast<const std::uint8_t*>(block); }

std::uint16_t load_word(const std::uint8_t* p) {
  std::uint16_t x;
  std::memcpy(&x, p, sizeof x);
  return x;
}

std::uint16_t negative(std::uint16_t half) { return half ^ 0x8000u; }

/// Low four bits of 16 bytes, then their high four bits.
void read_nibbles(const std::uint8_t* in, std::uint8_t* q) {
  for (int j = 0; j < 16; ++j) {
    q[j] = in[j] & 15;
    q[j + 16] = in[j] >> 4;
  }
}

/// Bit j of `high` is the fifth of level j.
void add_fifth_bits(const std::uint8_t* in, std::uint8_t* q) {
  std::uint32_t high;
  std::memcpy(&high, in, sizeof high);
  for (int j = 0; j < 32; ++j) q[j] |= (high >> j & 1u) << 4;
}

void read_q4_0(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  out.d = load_word(b);
  read_nibbles(b + 2, out.q);
}

void read_q4_1(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  out.d = load_word(b);
  out.m = load_word(b + 2);
  read_nibbles(b + 4, out.q);
}

void read_q5_0(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  out.d = load_word(b);
  read_nibbles(b + 6, out.q);
  add_fifth_bits(b + 2, out.q);
}

void read_q5_1(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  out.d = load_word(b);
  out.m = load_word(b + 2);
  read_nibbles(b + 8, out.q);
  add_fifth_bits(b + 4, out.q);
}

void read_q8_0(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  out.d = load_word(b);
  std::memcpy(out.q, b + 2, 32);
}

/// Two bits of each level; group of 32 number s of a half of 128 lies in bits 2s and 2s + 1 of its 32 bytes.
void read_twos(const std::uint8_t* in, std::uint8_t* q) {
  for (int group = 0; group < 8; ++group) {
    const std::uint8_t* from = in + group / 4 * 32;
    for (int j = 0; j < 32; ++j) q[group * 32 + j] = from[j] >> group % 4 * 2 & 3;
  }
}

void read_q2_k(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  for (int i = 0; i < 16; ++i) {
    out.scale[i] = b[i] & 15;
    out.minimum[i] = b[i] >> 4;
  }
  read_twos(b + 16, out.q);
  out.d = load_word(b + 80);
  out.m = negative(load_word(b + 82));
}

void read_q3_k(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  read_twos(b + 32, out.q);
  for (int group = 0; group < 8; ++group) {
    for (int j = 0; j < 32; ++j) out.q[group * 32 + j] |= (b[j] >> group & 1) << 2;
  }
  const std::uint8_t* scale = b + 96;
  for (int i = 0; i < 16; ++i) {
    const int low = scale[i % 8] >> i / 8 * 4 & 15;
    const int upper = scale[8 + i % 4] >> i / 4 * 2 & 3;
    out.scale[i] = static_cast<std::uint8_t>((low | upper << 4) - 32);
  }
  out.d = load_word(b + 108);
}

void read_k_scales(const std::uint8_t* b, Levels& out) {
  out.d = load_word(b);
  out.m = negative(load_word(b + 2));
  const storage::KScales scales(b + 4);
  std::memcpy(out.scale, scales.scale, 8);
  std::memcpy(out.minimum, scales.min, 8);
}

/// Four bits of each level; groups of 32 number 2i and 2i + 1 are the low and high halves of 32 bytes.
void read_fours(const std::uint8_t* in, std::uint8_t* q) {
  for (int group = 0; group < 8; ++group) {
    for (int j = 0; j < 32; ++j) q[group * 32 + j] = in[group / 2 * 32 + j] >> group % 2 * 4 & 15;
  }
}

void read_q4_k(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  read_k_scales(b, out);
  read_fours(b + 16, out.q);
}

void read_q5_k(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  read_k_scales(b, out);
  read_fours(b + 48, out.q);
  for (int group = 0; group < 8; ++group) {
    for (int j = 0; j < 32; ++j) out.q[group * 32 + j] |= (b[16 + j] >> group & 1) << 4;
  }
}

void read_q6_k(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  for (int group = 0; group < 8; ++group) {
    const int quarter = group % 4;
    const std::uint8_t* low = b + group / 4 * 64 + quarter % 2 * 32;
    const std::uint8_t* high = b + 128 + group / 4 * 32;
    for (int j = 0; j < 32; ++j) {
      out.q[group * 32 + j] =
          static_cast<std::uint8_t>((low[j] >> quarter / 2 * 4 & 15) | (high[j] >> quarter * 2 & 3) << 4);
    }
  }
  std::memcpy(out.scale, b + 192, 16);
  out.d = load_word(b + 208);
}

void read_iq4_xs(const std::byte* block, Levels& out) noexcept {
  const auto* b = bytes_of(block);
  out.d = load_word(b);
  const unsigned upper = load_word(b + 2);
  for (int group = 0; group < 8; ++group) {
    const unsigned low = b[4 + group / 2] >> group % 2 * 4 & 15u;
    out.scale[group] = static_cast<std::uint8_t>((low | (upper >> group * 2 & 3u) << 4) - 32u);
    read_nibbles(b + 8 + 16 * group, out.q + 32 * group);
  }
}

}  // namespace

ReadLevels find_read_levels(Product product) noexcept {
  static constexpr ReadLevels table[] = {nullptr,   nullptr,   nullptr,   read_q4_0, read_q4_1,
                                         read_q5_0, read_q5_1, read_q8_0, read_q2_k, read_q3_k,
                                         read_q4_k, read_q5_k, read_q6_k, read_q4_0, read_iq4_xs};
  const auto i = static_cast<std::size_t>(product);
  return i < std::size(table) ? table[i] : nullptr;
}

}  // namespace ondol
