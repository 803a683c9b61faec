#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/iq4_grid.hpp"
#include "formats/nibbles.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * iq4_levels[q]; q lies as in Q4_0. Source: GGUF type 20.
struct Block {
  std::uint16_t d;
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 18);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * iq4_levels[b.q[j] & 15];
    out[j + 16] = d * iq4_levels[b.q[j] >> 4];
  }
}

Block pack(const float* in, const float* importance) {
  const Sample<32> sample(in, importance, Emphasis::large);
  const auto fit = fit_group<Iq4Grid>(sample, iq4_starts);
  Block b{.d = fit.d, .q = {}};
  pack_nibbles(fit.codes.data(), b.q);
  return b;
}

}  // namespace

constinit const Format iq4_nl{.name = "IQ4_NL",
                              .gguf_id = 20,
                              .weights = 32,
                              .bytes = sizeof(Block),
                              .unpack = unpack_all<Block, 32, unpack>,
                              .pack = pack_all<Block, 32, pack>,
                              .product = Product::iq4_nl};

}  // namespace ondol::storage
