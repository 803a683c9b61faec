#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Sixteen groups of 16 weights: weight = d * scale * (q - 32). A half of 128 weights has 64 bytes of `low` and 32 of
/// `high`: its quarter k of 32 weights takes the low (k < 2) or high four bits of bytes 32 (k % 2) and on of `low`, and
/// bits 2k and 2k + 1 of `high`. Source: GGUF type 14.
struct Block {
  std::uint8_t low[128];
  std::uint8_t high[64];
  std::int8_t scale[16];
  std::uint16_t d;
};
static_assert(sizeof(Block) == 210);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(b.scale[group]);
    const int half = group / 8;
    const int quarter = group % 8 / 2;
    const std::uint8_t* low = b.low + half * 64 + quarter % 2 * 32 + group % 2 * 16;
    const std::uint8_t* high = b.high + half * 32 + group % 2 * 16;
    for (int j = 0; j < 16; ++j) {
      const int level = (low[j] >> quarter / 2 * 4 & 15) | (high[j] >> quarter * 2 & 3) << 4;
      out[group * 16 + j] = scale * static_cast<float>(level - 32);
    }
  }
}

using Grid = LevelGrid<WholeLevels<-32, 31>, 16>;
constexpr Ladder ladder{.first = -128, .step = 1, .count = 256};
constexpr Starts starts{.first = 0.97f, .step = 0.003f, .count = 19};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::large);
  const auto fit = fit_block<Grid, 16>(sample, ladder, starts);
  Block b{.low = {}, .high = {}, .scale = {}, .d = fit.d};
  for (int group = 0; group < 16; ++group) {
    b.scale[group] = static_cast<std::int8_t>(fit.k[group] - 128);
    const int half = group / 8;
    const int quarter = group % 8 / 2;
    std::uint8_t* low = b.low + half * 64 + quarter % 2 * 32 + group % 2 * 16;
    std::uint8_t* high = b.high + half * 32 + group % 2 * 16;
    for (int j = 0; j < 16; ++j) {
      const unsigned q = fit.codes[group][j];
      low[j] = static_cast<std::uint8_t>(low[j] | (q & 15u) << quarter / 2 * 4);
      high[j] = static_cast<std::uint8_t>(high[j] | q >> 4 << quarter * 2);
    }
  }
  return b;
}

}  // namespace

constinit const Format q6_k{.name = "Q6_K",
                            .gguf_id = 14,
                            .weights = 256,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 256, unpack>,
                            .pack = pack_all<Block, 256, pack>,
                            .product = Product::q6_k};

}  // namespace ondol::storage
