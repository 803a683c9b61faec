#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/nibbles.hpp"
#include "formats/rounding.hpp"
#include "formats/rows.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * (q - 16); the low four bits of q lie as in Q4_0, bit j of `high` is the fifth of weight j.
/// Source: GGUF type 6.
struct Block {
  std::uint16_t d;
  std::uint8_t high[4];
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 22);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  std::uint32_t high;
  std::memcpy(&high, b.high, sizeof high);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(static_cast<int>((b.q[j] & 15u) | (high >> j & 1u) << 4) - 16);
    out[j + 16] = d * static_cast<float>(static_cast<int>((b.q[j] >> 4u) | (high >> (j + 16) & 1u) << 4) - 16);
  }
}

Block stored(std::uint16_t d, const std::uint8_t* codes) {
  Block b{.d = d, .high = {}, .q = {}};
  pack_nibbles(codes, b.q);
  pack_fifth_bits(codes, b.high);
  return b;
}

/// As the reference quantiser does without importance: the largest weight has the level farthest from zero.
Block pack_plain(const float* in) {
  const float d = within_half(signed_peak(in, 32) / -16.0f);
  const float scale = inverse(d);
  std::uint8_t codes[32];
  for (int j = 0; j < 32; ++j) codes[j] = level(in[j] * scale + 16.5f, 31);
  return stored(float_to_half(d), codes);
}

using Grid = LevelGrid<WholeLevels<-16, 15>, 32>;
constexpr Starts starts{.first = 0.9f, .step = 0.015f, .count = 13};

Block pack(const float* in, const float* importance) {
  if (!importance) return pack_plain(in);
  const auto fit = fit_group<Grid>(Sample<32>(in, importance, Emphasis::large), starts);
  return stored(fit.d, fit.codes.data());
}

}  // namespace

constinit const Format q5_0{.name = "Q5_0",
                            .gguf_id = 6,
                            .weights = 32,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 32, unpack>,
                            .pack = pack_all<Block, 32, pack>,
                            .product = Product::q5_0};

}  // namespace ondol::storage
