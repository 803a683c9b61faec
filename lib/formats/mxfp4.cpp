#include <bit>

#include "formats/block.hpp"
#include "formats/fp4_levels.hpp"
#include "formats/nibbles.hpp"
#include "formats/rows.hpp"
#include "formats/search/sample.hpp"

namespace ondol::storage {
namespace {

/// Weight = 2^(exponent - 128) * fp4_levels[q]; q lies as in Q4_0. Source: GGUF type 39; OCP MX 1.0, MXFP4.
struct Block {
  std::uint8_t exponent;
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 17);

/// 2^(exponent - 128), exact; the two smallest are subnormal.
float scale_of(unsigned exponent) {
  return std::bit_cast<float>(exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23);
}

void unpack(const Block& b, float* out) {
  const float d = scale_of(b.exponent);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * fp4_levels[b.q[j] & 15];
    out[j + 16] = d * fp4_levels[b.q[j] >> 4];
  }
}

using Grid = LevelGrid<TableLevels<fp4_table>, 32>;

/// The exponent that brings the largest weight among the larger levels, or one of its neighbours.
Block pack(const float* in, const float* importance) {
  const Sample<32> sample(in, importance, Emphasis::even);
  const int peak = std::ilogb(sample.unit);
  float least = std::numeric_limits<float>::infinity();
  Block b{};
  float scale = 0.0f;
  for (int e = peak - 4; e <= peak - 2; ++e) {
    const int exponent = std::clamp(e + 128, 0, 254);
    const float candidate = std::ldexp(1.0f, exponent - 128 - peak);
    const float error = Grid::assign(sample.x, sample.w, candidate).error;
    if (error < least) {
      least = error;
      scale = candidate;
      b.exponent = static_cast<std::uint8_t>(exponent);
    }
  }
  pack_nibbles(Grid::codes(sample.x, sample.w, scale).data(), b.q);
  return b;
}

}  // namespace

constinit const Format mxfp4{.name = "MXFP4",
                             .gguf_id = 39,
                             .weights = 32,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 32, unpack>,
                             .pack = pack_all<Block, 32, pack>,
                             .product = Product::q8_0};

}  // namespace ondol::storage
