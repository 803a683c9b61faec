#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"
#include "formats/search/points.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Sixteen groups of 16 weights: weight = d * (scale + 1/2) / 4 * point, with a sign. Each eight weights have a word of
/// `q`: nine bits of index, seven of signs (even_signs). The scale of group g is half g % 2 of scale[g / 2]. Source:
/// GGUF type 17.
struct Block {
  std::uint16_t d;
  std::uint16_t q[32];
  std::uint8_t scale[8];
};
static_assert(sizeof(Block) == 74);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int i = 0; i < 32; ++i, out += 8) {
    const int group = i / 2;
    const int k = b.scale[group / 2] >> group % 2 * 4 & 15;
    const float scale = d * (static_cast<float>(k) + 0.5f) * 0.25f;
    unpack_point(scale, iq2_xs_codebook.point[b.q[i] & 511u], even_signs(b.q[i] >> 9), out);
  }
}

using Grid = PointGrid<iq2_xs_codebook, 16, true>;
constexpr Ladder ladder{.first = 0.125f, .step = 0.25f, .count = 16};
constexpr Starts starts{.first = 0.6f, .step = 0.12f, .count = 6};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::tempered);
  const auto fit = fit_block<Grid, 16>(sample, ladder, starts);
  Block b{.d = fit.d, .q = {}, .scale = {}};
  for (int i = 0; i < 32; ++i) {
    const auto& octet = fit.codes[i / 2][i % 2];
    b.q[i] = static_cast<std::uint16_t>(octet.entry[0] | (octet.signs & 127u) << 9);
  }
  for (int group = 0; group < 16; ++group) {
    b.scale[group / 2] = static_cast<std::uint8_t>(b.scale[group / 2] | fit.k[group] << group % 2 * 4);
  }
  return b;
}

}  // namespace

constinit const Format iq2_xs{.name = "IQ2_XS",
                              .gguf_id = 17,
                              .weights = 256,
                              .bytes = sizeof(Block),
                              .unpack = unpack_all<Block, 256, unpack>,
                              .pack = pack_all<Block, 256, pack>,
                              .product = Product::q8_0,
                              .needs_importance = true};

}  // namespace ondol::storage
