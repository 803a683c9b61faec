#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/iq4_grid.hpp"
#include "formats/nibbles.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * (scale - 32) * iq4_levels[q]; q of a group lies as in Q4_0. Scales of six
/// bits: the low four of group g in half g % 2 of scale_low[g / 2], the upper two in bits 2g and on of `scale_high`.
/// Source: GGUF type 23.
struct Block {
  std::uint16_t d;
  std::uint16_t scale_high;
  std::uint8_t scale_low[4];
  std::uint8_t q[128];
};
static_assert(sizeof(Block) == 136);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int group = 0; group < 8; ++group) {
    const int low = b.scale_low[group / 2] >> group % 2 * 4 & 15;
    const int upper = b.scale_high >> group * 2 & 3;
    const float scale = d * static_cast<float>((low | upper << 4) - 32);
    const std::uint8_t* q = b.q + group * 16;
    for (int j = 0; j < 16; ++j) {
      out[group * 32 + j] = scale * iq4_levels[q[j] & 15];
      out[group * 32 + j + 16] = scale * iq4_levels[q[j] >> 4];
    }
  }
}

constexpr Ladder ladder{.first = -32, .step = 1, .count = 64};
Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::large);
  const auto fit = fit_block<Iq4Grid, 8>(sample, ladder, iq4_starts);
  Block b{.d = fit.d, .scale_high = 0, .scale_low = {}, .q = {}};
  for (int group = 0; group < 8; ++group) {
    const auto k = static_cast<unsigned>(fit.k[group]);
    b.scale_low[group / 2] = static_cast<std::uint8_t>(b.scale_low[group / 2] | (k & 15u) << group % 2 * 4);
    b.scale_high = static_cast<std::uint16_t>(b.scale_high | k >> 4 << group * 2);
    pack_nibbles(fit.codes[group].data(), b.q + group * 16);
  }
  return b;
}

}  // namespace

constinit const Format iq4_xs{.name = "IQ4_XS",
                              .gguf_id = 23,
                              .weights = 256,
                              .bytes = sizeof(Block),
                              .unpack = unpack_all<Block, 256, unpack>,
                              .pack = pack_all<Block, 256, pack>,
                              .product = Product::iq4_xs};

}  // namespace ondol::storage
