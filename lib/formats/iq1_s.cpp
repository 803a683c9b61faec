#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"
#include "formats/search/points.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * (2 scale + 1) * (point +- iq1_delta). Point i of a group, of eight weights,
/// has the index q[4 group + i] with bits 3i and on of high[group] above it; bits 12 .. 14 of high[group] are the scale
/// and bit 15 set takes the delta away. Source: GGUF type 19.
struct Block {
  std::uint16_t d;
  std::uint8_t q[32];
  std::uint16_t high[8];
};
static_assert(sizeof(Block) == 50);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int i = 0; i < 32; ++i, out += 8) {
    const unsigned high = b.high[i / 4];
    const float scale = d * static_cast<float>(2 * (high >> 12 & 7u) + 1);
    const float delta = high >> 15 ? -iq1_delta : iq1_delta;
    const auto& point = iq1_codebook.point[b.q[i] | (high >> i % 4 * 3 & 7u) << 8];
    for (int j = 0; j < 8; ++j) out[j] = scale * (static_cast<float>(point[j]) + delta);
  }
}

using Grid = ShiftedGrid<32, 32>;
constexpr Ladder ladder{.first = 1, .step = 2, .count = 8};
constexpr Starts starts{.first = 0.9f, .step = 0.3f, .count = 3};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::tempered);
  const auto fit = fit_block<Grid, 8>(sample, ladder, starts);
  Block b{.d = fit.d, .q = {}, .high = {}};
  for (int group = 0; group < 8; ++group) {
    const auto& codes = fit.codes[group];
    unsigned high = static_cast<unsigned>(fit.k[group]) << 12 | (codes.negative[0] ? 1u << 15 : 0u);
    for (int i = 0; i < 4; ++i) {
      b.q[group * 4 + i] = static_cast<std::uint8_t>(codes.entry[i]);
      high |= static_cast<unsigned>(codes.entry[i] >> 8) << i * 3;
    }
    b.high[group] = static_cast<std::uint16_t>(high);
  }
  return b;
}

}  // namespace

constinit const Format iq1_s{.name = "IQ1_S",
                             .gguf_id = 19,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = pack_all<Block, 256, pack>,
                             .product = Product::q8_0,
                             .needs_importance = true};

}  // namespace ondol::storage
