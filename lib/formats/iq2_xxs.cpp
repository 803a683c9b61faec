#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"
#include "formats/search/points.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * (scale + 1/2) / 4 * point, with a sign. A group has eight bytes of `q`:
/// four indices of points of eight weights, then a word of four times seven bits of signs (even_signs) and a scale of
/// four bits. Source: GGUF type 16.
struct Block {
  std::uint16_t d;
  std::uint16_t q[32];
};
static_assert(sizeof(Block) == 66);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int group = 0; group < 8; ++group) {
    const std::uint16_t* q = b.q + group * 4;
    const std::uint32_t word = q[2] | static_cast<std::uint32_t>(q[3]) << 16;
    const float scale = d * (static_cast<float>(word >> 28) + 0.5f) * 0.25f;
    for (int i = 0; i < 4; ++i, out += 8) {
      unpack_point(scale, iq2_xxs_codebook.point[q[i / 2] >> i % 2 * 8 & 255u], even_signs(word >> 7 * i & 127u), out);
    }
  }
}

using Grid = PointGrid<iq2_xxs_codebook, 32, true>;
constexpr Ladder ladder{.first = 0.125f, .step = 0.25f, .count = 16};
constexpr Starts starts{.first = 0.6f, .step = 0.12f, .count = 6};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::tempered);
  const auto fit = fit_block<Grid, 8>(sample, ladder, starts);
  Block b{.d = fit.d, .q = {}};
  for (int group = 0; group < 8; ++group) {
    std::uint16_t* q = b.q + group * 4;
    auto word = static_cast<std::uint32_t>(fit.k[group]) << 28;
    for (int i = 0; i < 4; ++i) {
      const auto& octet = fit.codes[group][i];
      q[i / 2] = static_cast<std::uint16_t>(q[i / 2] | octet.entry[0] << i % 2 * 8);
      word |= (octet.signs & 127u) << 7 * i;
    }
    q[2] = static_cast<std::uint16_t>(word);
    q[3] = static_cast<std::uint16_t>(word >> 16);
  }
  return b;
}

}  // namespace

constinit const Format iq2_xxs{.name = "IQ2_XXS",
                               .gguf_id = 16,
                               .weights = 256,
                               .bytes = sizeof(Block),
                               .unpack = unpack_all<Block, 256, unpack>,
                               .pack = pack_all<Block, 256, pack>,
                               .product = Product::q8_0,
                               .needs_importance = true};

}  // namespace ondol::storage
