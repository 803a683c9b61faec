#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * (scale + 1/2) / 4 * point, with a sign. A group has eight bytes of `q`:
/// four indices of points of eight weights, then a word of four times seven bits of signs (even_signs) and a scale of
/// four bits. Source: GGUF type 16.
struct Block {
  std::uint16_t d;
  std::uint16_t q[32];
};
static_assert(sizeof(Block) == 66);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int group = 0; group < 8; ++group) {
    const std::uint16_t* q = b.q + group * 4;
    const std::uint32_t word = q[2] | static_cast<std::uint32_t>(q[3]) << 16;
    const float scale = d * (static_cast<float>(word >> 28) + 0.5f) * 0.25f;
    for (int i = 0; i < 4; ++i, out += 8) {
      unpack_point(scale, iq2_xxs_points[q[i / 2] >> i % 2 * 8 & 255u], even_signs(word >> 7 * i & 127u), out);
    }
  }
}

}  // namespace

constinit const Format iq2_xxs{.name = "IQ2_XXS",
                               .gguf_id = 16,
                               .weights = 256,
                               .bytes = sizeof(Block),
                               .unpack = unpack_all<Block, 256, unpack>,
                               .pack = nullptr,
                               .product = Product::f32};

}  // namespace ondol::storage
