#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/codebooks.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Sixteen groups of 16 weights: weight = d * (2 scale + 1) * (point +- iq1_delta). Point i, of eight weights, has the
/// index q[i] with the low three bits of half i % 2 of high[i / 2] above it; the fourth bit set takes the delta away.
/// The scale of group g is bits 3 (g % 4) and on of scale[g / 4]; the top four bits of the four words are d, a float16,
/// lowest first. Source: GGUF type 29.
struct Block {
  std::uint8_t q[32];
  std::uint8_t high[16];
  std::uint16_t scale[4];
};
static_assert(sizeof(Block) == 56);

void unpack(const Block& b, float* out) {
  unsigned bits = 0;
  for (int i = 0; i < 4; ++i) bits |= b.scale[i] >> 12 << 4 * i;
  const float d = half_to_float(static_cast<std::uint16_t>(bits));
  for (int i = 0; i < 32; ++i, out += 8) {
    const unsigned high = b.high[i / 2] >> i % 2 * 4 & 15u;
    const int group = i / 2;
    const float scale = d * static_cast<float>(2 * (b.scale[group / 4] >> group % 4 * 3 & 7) + 1);
    const float delta = high & 8u ? -iq1_delta : iq1_delta;
    const auto& point = iq1_points[b.q[i] | (high & 7u) << 8];
    for (int j = 0; j < 8; ++j) out[j] = scale * (static_cast<float>(point[j]) + delta);
  }
}

}  // namespace

constinit const Format iq1_m{.name = "IQ1_M",
                             .gguf_id = 29,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = nullptr,
                             .product = Product::f32};

}  // namespace ondol::storage
