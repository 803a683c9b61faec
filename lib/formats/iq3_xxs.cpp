#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * (scale + 1/2) / 2 * point, with a sign. Each four weights have an index in
/// `q`; each group two words of `tail`: four times seven bits of signs of eight weights (even_signs) and a scale of
/// four bits. Source: GGUF type 18.
struct Block {
  std::uint16_t d;
  std::uint8_t q[64];
  std::uint16_t tail[16];
};
static_assert(sizeof(Block) == 98);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int group = 0; group < 8; ++group) {
    const std::uint32_t word = b.tail[group * 2] | static_cast<std::uint32_t>(b.tail[group * 2 + 1]) << 16;
    const float scale = d * (static_cast<float>(word >> 28) + 0.5f) * 0.5f;
    for (int i = 0; i < 8; ++i, out += 4) {
      const unsigned signs = even_signs(word >> 7 * (i / 2) & 127u);
      unpack_point(scale, iq3_xxs_points[b.q[group * 8 + i]], signs >> i % 2 * 4, out);
    }
  }
}

}  // namespace

constinit const Format iq3_xxs{.name = "IQ3_XXS",
                               .gguf_id = 18,
                               .weights = 256,
                               .bytes = sizeof(Block),
                               .unpack = unpack_all<Block, 256, unpack>,
                               .pack = nullptr,
                               .product = Product::f32};

}  // namespace ondol::storage
