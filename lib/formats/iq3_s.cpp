#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"
#include "formats/search/points.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * (2 scale + 1) * point, with a sign. Point i, of four weights, has the index
/// q[i] with bit i % 8 of high[i / 8] above it, and half i % 2 of signs[i / 2]. The scale of group g is half g % 2 of
/// scale[g / 2]. Source: GGUF type 21.
struct Block {
  std::uint16_t d;
  std::uint8_t q[64];
  std::uint8_t high[8];
  std::uint8_t signs[32];
  std::uint8_t scale[4];
};
static_assert(sizeof(Block) == 110);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int i = 0; i < 64; ++i, out += 4) {
    const int group = i / 8;
    const int k = b.scale[group / 2] >> group % 2 * 4 & 15;
    const float scale = d * static_cast<float>(2 * k + 1);
    const unsigned index = b.q[i] | (b.high[i / 8] >> i % 8 & 1u) << 8;
    unpack_point(scale, iq3_s_codebook.point[index], b.signs[i / 2] >> i % 2 * 4, out);
  }
}

using Grid = PointGrid<iq3_s_codebook, 32, false>;
constexpr Ladder ladder{.first = 1, .step = 2, .count = 16};
constexpr Starts starts{.first = 0.7f, .step = 0.1f, .count = 6};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::tempered);
  const auto fit = fit_block<Grid, 8>(sample, ladder, starts);
  Block b{.d = fit.d, .q = {}, .high = {}, .signs = {}, .scale = {}};
  for (int i = 0; i < 64; ++i) {
    const auto& octet = fit.codes[i / 8][i / 2 % 4];
    const unsigned entry = octet.entry[i % 2];
    b.q[i] = static_cast<std::uint8_t>(entry);
    b.high[i / 8] = static_cast<std::uint8_t>(b.high[i / 8] | entry >> 8 << i % 8);
    b.signs[i / 2] = static_cast<std::uint8_t>(octet.signs);
  }
  for (int group = 0; group < 8; ++group) {
    b.scale[group / 2] = static_cast<std::uint8_t>(b.scale[group / 2] | fit.k[group] << group % 2 * 4);
  }
  return b;
}

}  // namespace

constinit const Format iq3_s{.name = "IQ3_S",
                             .gguf_id = 21,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = pack_all<Block, 256, pack>,
                             .product = Product::q8_0};

}  // namespace ondol::storage
