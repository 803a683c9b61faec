#include "formats/block.hpp"
#include "formats/fp4_levels.hpp"
#include "formats/fp8.hpp"
#include "formats/rows.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Four groups of 16 weights: weight = scale / 2 * fp4_levels[q]; scales are E4M3 without a sign, NaN's code is zero.
/// Byte j of a group's eight holds weight j in its low and weight j + 8 in its high four bits. Source: GGUF type 40.
struct Block {
  std::uint8_t scale[4];
  std::uint8_t q[32];
};
static_assert(sizeof(Block) == 36);

float scale_of(std::uint8_t code) { return code == 0x7F ? 0.0f : e4m3_magnitude(code & 0x7F) * 0.5f; }

void unpack(const Block& b, float* out) {
  for (int group = 0; group < 4; ++group, out += 16) {
    const float d = scale_of(b.scale[group]);
    const std::uint8_t* q = b.q + group * 8;
    for (int j = 0; j < 8; ++j) {
      out[j] = d * fp4_levels[q[j] & 15];
      out[j + 8] = d * fp4_levels[q[j] >> 4];
    }
  }
}

using Grid = LevelGrid<TableLevels<fp4_table>, 16>;

/// The scale that brings the largest weight to the largest level, or one of those about it.
Block pack(const float* in, const float* importance) {
  const Sample<64> sample(in, importance, Emphasis::even);
  Block b{};
  for (int group = 0; group < 4; ++group) {
    const float* x = sample.x + group * 16;
    const float* w = sample.w + group * 16;
    const int full = e4m3_code(Grid::full(x) * sample.unit * 2.0f);
    float least = std::numeric_limits<float>::infinity();
    float scale = 0.0f;
    for (int code = std::max(0, full - 5); code <= std::min(0x7E, full + 4); ++code) {
      const float candidate = scale_of(static_cast<std::uint8_t>(code)) / sample.unit;
      const float error = Grid::assign(x, w, candidate).error;
      if (error < least) {
        least = error;
        scale = candidate;
        b.scale[group] = static_cast<std::uint8_t>(code);
      }
    }
    const auto codes = Grid::codes(x, w, scale);
    for (int j = 0; j < 8; ++j) b.q[group * 8 + j] = static_cast<std::uint8_t>(codes[j] | codes[j + 8] << 4);
  }
  return b;
}

}  // namespace

constinit const Format nvfp4{.name = "NVFP4",
                             .gguf_id = 40,
                             .weights = 64,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 64, unpack>,
                             .pack = pack_all<Block, 64, pack>,
                             .product = Product::q8_0};

}  // namespace ondol::storage
