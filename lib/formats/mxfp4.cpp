#include <bit>

#include "formats/block.hpp"
#include "formats/fp4_levels.hpp"
#include "formats/rows.hpp"

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

}  // namespace

constinit const Format mxfp4{.name = "MXFP4",
                             .gguf_id = 39,
                             .weights = 32,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 32, unpack>,
                             .pack = nullptr,
                             .product = Product::f32};

}  // namespace ondol::storage
