#include "formats/block.hpp"
#include "formats/fp4_levels.hpp"
#include "formats/fp8.hpp"
#include "formats/rows.hpp"

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

}  // namespace

constinit const Format nvfp4{.name = "NVFP4",
                             .gguf_id = 40,
                             .weights = 64,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 64, unpack>,
                             .pack = nullptr,
                             .product = Product::f32};

}  // namespace ondol::storage
