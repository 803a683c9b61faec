#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Sixteen groups of 16 weights: weight = d * (scale - 32) * (q - 4). The low two bits of q lie as in Q2_K; the third
/// is bit (index / 32) of high[index % 32]. Scales of six bits: low four bits of groups 0 .. 7 and 8 .. 15 are the low
/// and high halves of bytes 0 .. 7, the upper two bits of group g are bits 2 (g / 4) and on of byte 8 + g % 4. Source:
/// GGUF type 11.
struct Block {
  std::uint8_t high[32];
  std::uint8_t q[64];
  std::uint8_t scale[12];
  std::uint16_t d;
};
static_assert(sizeof(Block) == 110);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int group = 0; group < 16; ++group) {
    const int low = b.scale[group % 8] >> group / 8 * 4 & 15;
    const int upper = b.scale[8 + group % 4] >> group / 4 * 2 & 3;
    const float scale = d * static_cast<float>((low | upper << 4) - 32);
    const std::uint8_t* q = b.q + group / 8 * 32 + group % 2 * 16;
    const std::uint8_t* high = b.high + group % 2 * 16;
    const int shift = group % 8 / 2 * 2;
    for (int j = 0; j < 16; ++j) {
      const int level = (q[j] >> shift & 3) | (high[j] >> group / 2 & 1) << 2;
      out[group * 16 + j] = scale * static_cast<float>(level - 4);
    }
  }
}

using Grid = LevelGrid<WholeLevels<-4, 3>, 16>;
constexpr Ladder ladder{.first = -32, .step = 1, .count = 64};
constexpr Starts starts{.first = 0.7f, .step = 0.05f, .count = 14};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::large);
  const auto fit = fit_block<Grid, 16>(sample, ladder, starts);
  Block b{.high = {}, .q = {}, .scale = {}, .d = fit.d};
  for (int group = 0; group < 16; ++group) {
    const auto k = static_cast<unsigned>(fit.k[group]);
    b.scale[group % 8] = static_cast<std::uint8_t>(b.scale[group % 8] | (k & 15u) << group / 8 * 4);
    b.scale[8 + group % 4] = static_cast<std::uint8_t>(b.scale[8 + group % 4] | k >> 4 << group / 4 * 2);
    std::uint8_t* q = b.q + group / 8 * 32 + group % 2 * 16;
    std::uint8_t* high = b.high + group % 2 * 16;
    for (int j = 0; j < 16; ++j) {
      const unsigned level = fit.codes[group][j];
      q[j] = static_cast<std::uint8_t>(q[j] | (level & 3u) << group % 8 / 2 * 2);
      high[j] = static_cast<std::uint8_t>(high[j] | level >> 2 << group / 2);
    }
  }
  return b;
}

}  // namespace

constinit const Format q3_k{.name = "Q3_K",
                            .gguf_id = 11,
                            .weights = 256,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 256, unpack>,
                            .pack = pack_all<Block, 256, pack>,
                            .product = Product::q3_k};

}  // namespace ondol::storage
