#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/nibbles.hpp"
#include "formats/rounding.hpp"
#include "formats/rows.hpp"
#include "formats/search/affine.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * q + m; byte j holds weight j in its low and weight j + 16 in its high four bits. Source: GGUF type 3.
struct Block {
  std::uint16_t d;
  std::uint16_t m;
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 20);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  const float m = half_to_float(b.m);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(b.q[j] & 15) + m;
    out[j + 16] = d * static_cast<float>(b.q[j] >> 4) + m;
  }
}

Block stored(std::uint16_t d, std::uint16_t m, const std::uint8_t* codes) {
  Block b{.d = d, .m = m, .q = {}};
  pack_nibbles(codes, b.q);
  return b;
}

/// As the reference quantiser does without importance: the levels reach from the least weight to the largest.
Block pack_plain(const float* in) {
  const auto [low, high] = range(in, 32);
  const float d = within_half((high - low) / 15.0f);
  const float scale = inverse(d);
  std::uint8_t codes[32];
  for (int j = 0; j < 32; ++j) codes[j] = level((in[j] - low) * scale + 0.5f, 15);
  return stored(float_to_half(d), float_to_half(within_half(low)), codes);
}

Block pack(const float* in, const float* importance) {
  if (!importance) return pack_plain(in);
  const auto fit = fit_affine_group<AffineGrid<15, 32>>(Sample<32>(in, importance, Emphasis::large));
  return stored(fit.d, fit.low, fit.codes.data());
}

}  // namespace

constinit const Format q4_1{.name = "Q4_1",
                            .gguf_id = 3,
                            .weights = 32,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 32, unpack>,
                            .pack = pack_all<Block, 32, pack>,
                            .product = Product::q4_1};

}  // namespace ondol::storage
