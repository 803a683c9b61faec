#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * (2 scale + 1) * point, with a sign. Point i, of four weights, has the index
/// q[i] with bit i % 8 of high[i / 8] above it, and half i % 2 of signs[i / 2]. The scale of group g is half g % 2 of
/// scale[g / 2]. Source: GGUF type 21.
struct Block {
  std::uint16_t d;
  std::uint8_t q[64];
  std::uint8_t high[8];
  std::uint8_t signs[32];
  std::uint8_t scale[4];
};
static_assert(sizeof(Block) == 110);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int i = 0; i < 64; ++i, out += 4) {
    const int group = i / 8;
    const int k = b.scale[group / 2] >> group % 2 * 4 & 15;
    const float scale = d * static_cast<float>(2 * k + 1);
    const unsigned index = b.q[i] | (b.high[i / 8] >> i % 8 & 1u) << 8;
    unpack_point(scale, iq3_s_points[index], b.signs[i / 2] >> i % 2 * 4, out);
  }
}

}  // namespace

constinit const Format iq3_s{.name = "IQ3_S",
                             .gguf_id = 21,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = nullptr,
                             .product = Product::f32};

}  // namespace ondol::storage
