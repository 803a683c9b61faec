#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"
#include "formats/search/points.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Sixteen groups of 16 weights: weight = d * (scale + 1/2) / 4 * point, with a sign. Point i, of eight weights, has
/// the index q[i] with bits 2 (i % 4) and on of high[i / 4] above it, and signs[i]. The scale of group g is half g % 2
/// of scale[g / 2]. Source: GGUF type 22.
struct Block {
  std::uint16_t d;
  std::uint8_t q[32];
  std::uint8_t signs[32];
  std::uint8_t high[8];
  std::uint8_t scale[8];
};
static_assert(sizeof(Block) == 82);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int i = 0; i < 32; ++i, out += 8) {
    const int group = i / 2;
    const int k = b.scale[group / 2] >> group % 2 * 4 & 15;
    const float scale = d * (static_cast<float>(k) + 0.5f) * 0.25f;
    const unsigned index = b.q[i] | (b.high[i / 4] >> i % 4 * 2 & 3u) << 8;
    unpack_point(scale, iq2_s_codebook.point[index], b.signs[i], out);
  }
}

using Grid = PointGrid<iq2_s_codebook, 16, false>;
constexpr Ladder ladder{.first = 0.125f, .step = 0.25f, .count = 16};
constexpr Starts starts{.first = 0.6f, .step = 0.12f, .count = 6};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::tempered);
  const auto fit = fit_block<Grid, 16>(sample, ladder, starts);
  Block b{.d = fit.d, .q = {}, .signs = {}, .high = {}, .scale = {}};
  for (int i = 0; i < 32; ++i) {
    const auto& octet = fit.codes[i / 2][i % 2];
    b.q[i] = static_cast<std::uint8_t>(octet.entry[0]);
    b.high[i / 4] = static_cast<std::uint8_t>(b.high[i / 4] | octet.entry[0] >> 8 << i % 4 * 2);
    b.signs[i] = static_cast<std::uint8_t>(octet.signs);
  }
  for (int group = 0; group < 16; ++group) {
    b.scale[group / 2] = static_cast<std::uint8_t>(b.scale[group / 2] | fit.k[group] << group % 2 * 4);
  }
  return b;
}

}  // namespace

constinit const Format iq2_s{.name = "IQ2_S",
                             .gguf_id = 22,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = pack_all<Block, 256, pack>,
                             .product = Product::q8_0};

}  // namespace ondol::storage
