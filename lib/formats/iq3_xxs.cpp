#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"
#include "formats/search/points.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * (scale + 1/2) / 2 * point, with a sign. Each four weights have an index in
/// `q`; each group two words of `tail`: four times seven bits of signs of eight weights (even_signs) and a scale of
/// four bits. Source: GGUF type 18.
struct Block {
  std::uint16_t d;
  std::uint8_t q[64];
  std::uint16_t tail[16];
};
static_assert(sizeof(Block) == 98);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int group = 0; group < 8; ++group) {
    const std::uint32_t word = b.tail[group * 2] | static_cast<std::uint32_t>(b.tail[group * 2 + 1]) << 16;
    const float scale = d * (static_cast<float>(word >> 28) + 0.5f) * 0.5f;
    for (int i = 0; i < 8; ++i, out += 4) {
      const unsigned signs = even_signs(word >> 7 * (i / 2) & 127u);
      unpack_point(scale, iq3_xxs_codebook.point[b.q[group * 8 + i]], signs >> i % 2 * 4, out);
    }
  }
}

using Grid = PointGrid<iq3_xxs_codebook, 32, true>;
constexpr Ladder ladder{.first = 0.25f, .step = 0.5f, .count = 16};
constexpr Starts starts{.first = 0.7f, .step = 0.1f, .count = 6};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::tempered);
  const auto fit = fit_block<Grid, 8>(sample, ladder, starts);
  Block b{.d = fit.d, .q = {}, .tail = {}};
  for (int group = 0; group < 8; ++group) {
    auto word = static_cast<std::uint32_t>(fit.k[group]) << 28;
    for (int i = 0; i < 4; ++i) {
      const auto& octet = fit.codes[group][i];
      for (int part = 0; part < 2; ++part) b.q[group * 8 + i * 2 + part] = static_cast<std::uint8_t>(octet.entry[part]);
      word |= (octet.signs & 127u) << 7 * i;
    }
    b.tail[group * 2] = static_cast<std::uint16_t>(word);
    b.tail[group * 2 + 1] = static_cast<std::uint16_t>(word >> 16);
  }
  return b;
}

}  // namespace

constinit const Format iq3_xxs{.name = "IQ3_XXS",
                               .gguf_id = 18,
                               .weights = 256,
                               .bytes = sizeof(Block),
                               .unpack = unpack_all<Block, 256, unpack>,
                               .pack = pack_all<Block, 256, pack>,
                               .product = Product::q8_0};

}  // namespace ondol::storage
