#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"

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
    const auto& point = iq1_points[b.q[i] | (high >> i % 4 * 3 & 7u) << 8];
    for (int j = 0; j < 8; ++j) out[j] = scale * (static_cast<float>(point[j]) + delta);
  }
}

}  // namespace

constinit const Format iq1_s{.name = "IQ1_S",
                             .gguf_id = 19,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = nullptr,
                             .product = Product::f32};

}  // namespace ondol::storage
