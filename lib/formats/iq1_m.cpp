#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"
#include "formats/search/points.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Sixteen groups of 16 weights: weight = d * (2 scale + 1) * (point +- iq1_delta). Point i, of eight weights, has the
/// index q[i] with the low three bits of half i % 2 of high[i / 2] above it; the fourth bit set takes the delta away.
/// The scale of group g is bits 3 (g % 4) and on of scale[g / 4]; the top four bits of the four words are d, a float16,
/// lowest first. Source: GGUF type 29.
struct Block {
  std::uint8_t q[32];
  std::uint8_t high[16];
  std::uint16_t scale[4];
};
static_assert(sizeof(Block) == 56);

void unpack(const Block& b, float* out) {
  unsigned bits = 0;
  for (int i = 0; i < 4; ++i) bits |= b.scale[i] >> 12 << 4 * i;
  const float d = half_to_float(static_cast<std::uint16_t>(bits));
  for (int i = 0; i < 32; ++i, out += 8) {
    const unsigned high = b.high[i / 2] >> i % 2 * 4 & 15u;
    const int group = i / 2;
    const float scale = d * static_cast<float>(2 * (b.scale[group / 4] >> group % 4 * 3 & 7) + 1);
    const float delta = high & 8u ? -iq1_delta : iq1_delta;
    const auto& point = iq1_codebook.point[b.q[i] | (high & 7u) << 8];
    for (int j = 0; j < 8; ++j) out[j] = scale * (static_cast<float>(point[j]) + delta);
  }
}

using Grid = ShiftedGrid<16, 8>;
constexpr Ladder ladder{.first = 1, .step = 2, .count = 8};
constexpr Starts starts{.first = 0.9f, .step = 0.3f, .count = 3};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::tempered);
  const auto fit = fit_block<Grid, 16>(sample, ladder, starts);
  Block b{};
  for (int i = 0; i < 32; ++i) {
    const auto& codes = fit.codes[i / 2];
    const unsigned high = codes.entry[i % 2] >> 8 | (codes.negative[i % 2] ? 8u : 0u);
    b.q[i] = static_cast<std::uint8_t>(codes.entry[i % 2]);
    b.high[i / 2] = static_cast<std::uint8_t>(b.high[i / 2] | high << i % 2 * 4);
  }
  for (int group = 0; group < 16; ++group) {
    b.scale[group / 4] = static_cast<std::uint16_t>(b.scale[group / 4] | fit.k[group] << group % 4 * 3);
  }
  for (int i = 0; i < 4; ++i) b.scale[i] = static_cast<std::uint16_t>(b.scale[i] | (fit.d >> 4 * i & 15) << 12);
  return b;
}

}  // namespace

constinit const Format iq1_m{.name = "IQ1_M",
                             .gguf_id = 29,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = pack_all<Block, 256, pack>,
                             .product = Product::q8_0,
                             .needs_importance = true};

}  // namespace ondol::storage
