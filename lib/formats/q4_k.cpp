#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/k_scales.hpp"
#include "formats/rows.hpp"
#include "formats/search/affine.hpp"

namespace ondol::storage {
namespace {

/// Eight groups of 32 weights: weight = d * scale * q - dmin * min, six-bit scales and mins (k_scales.hpp). Two groups
/// share 32 bytes of `q`, the first in the low and the second in the high four bits. Source: GGUF type 12.
struct Block {
  std::uint16_t d;
  std::uint16_t dmin;
  std::uint8_t scales[12];
  std::uint8_t q[128];
};
static_assert(sizeof(Block) == 144);

void unpack(const Block& b, float* out) {
  const KScales s(b.scales);
  const float d = half_to_float(b.d);
  const float dmin = half_to_float(b.dmin);
  for (int group = 0; group < 8; ++group) {
    const float scale = d * static_cast<float>(s.scale[group]);
    const float low = dmin * static_cast<float>(s.min[group]);
    const std::uint8_t* q = b.q + group / 2 * 32;
    const int shift = group % 2 * 4;
    for (int j = 0; j < 32; ++j) out[group * 32 + j] = scale * static_cast<float>(q[j] >> shift & 15) - low;
  }
}

using Grid = AffineGrid<15, 32>;

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::large);
  const auto fit = fit_affine_block<Grid, 8>(sample, 63);
  Block b{.d = fit.d, .dmin = fit.dmin, .scales = {}, .q = {}};
  pack_k_scales(fit.scale, fit.min, b.scales);
  for (int group = 0; group < 8; ++group) {
    std::uint8_t* q = b.q + group / 2 * 32;
    for (int j = 0; j < 32; ++j) q[j] = static_cast<std::uint8_t>(q[j] | fit.codes[group][j] << group % 2 * 4);
  }
  return b;
}

}  // namespace

constinit const Format q4_k{.name = "Q4_K",
                            .gguf_id = 12,
                            .weights = 256,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 256, unpack>,
                            .pack = pack_all<Block, 256, pack>,
                            .product = Product::q4_k};

}  // namespace ondol::storage
