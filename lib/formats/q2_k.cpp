#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"
#include "formats/search/affine.hpp"

namespace ondol::storage {
namespace {

/// Sixteen groups of 16 weights: weight = d * (scale & 15) * q - dmin * (scale >> 4). Each half of 128 weights has 32
/// bytes of `q`; group of 32 number s in it lies in bits 2s and 2s + 1 of these. Source: GGUF type 10.
struct Block {
  std::uint8_t scale[16];
  std::uint8_t q[64];
  std::uint16_t d;
  std::uint16_t dmin;
};
static_assert(sizeof(Block) == 84);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  const float dmin = half_to_float(b.dmin);
  for (int group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(b.scale[group] & 15);
    const float low = dmin * static_cast<float>(b.scale[group] >> 4);
    const std::uint8_t* q = b.q + group / 8 * 32 + group % 2 * 16;
    const int shift = group % 8 / 2 * 2;
    for (int j = 0; j < 16; ++j) out[group * 16 + j] = scale * static_cast<float>(q[j] >> shift & 3) - low;
  }
}

using Grid = AffineGrid<3, 16>;

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::large);
  const auto fit = fit_affine_block<Grid, 16>(sample, 15);
  Block b{.scale = {}, .q = {}, .d = fit.d, .dmin = fit.dmin};
  for (int group = 0; group < 16; ++group) {
    b.scale[group] = static_cast<std::uint8_t>(fit.scale[group] | fit.min[group] << 4);
    std::uint8_t* q = b.q + group / 8 * 32 + group % 2 * 16;
    for (int j = 0; j < 16; ++j) {
      q[j] = static_cast<std::uint8_t>(q[j] | fit.codes[group][j] << group % 8 / 2 * 2);
    }
  }
  return b;
}

}  // namespace

constinit const Format q2_k{.name = "Q2_K",
                            .gguf_id = 10,
                            .weights = 256,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 256, unpack>,
                            .pack = pack_all<Block, 256, pack>,
                            .product = Product::q2_k};

}  // namespace ondol::storage
