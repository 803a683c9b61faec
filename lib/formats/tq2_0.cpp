#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * (q - 1), q of two bits: groups 0 .. 3 of 32 weights share the first 32 bytes, groups 4 .. 7 the others,
/// group g in bits 2 (g % 4) and on. Source: GGUF type 35.
struct Block {
  std::uint8_t q[64];
  std::uint16_t d;
};
static_assert(sizeof(Block) == 66);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int group = 0; group < 8; ++group) {
    const std::uint8_t* q = b.q + group / 4 * 32;
    for (int j = 0; j < 32; ++j) out[group * 32 + j] = d * static_cast<float>((q[j] >> group % 4 * 2 & 3) - 1);
  }
}

using Grid = LevelGrid<WholeLevels<-1, 1>, 256>;
constexpr Starts starts{.first = 0.1f, .step = 0.05f, .count = 19};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::even);
  const auto fit = fit_group<Grid>(sample, starts);
  Block b{.q = {}, .d = fit.d};
  for (int group = 0; group < 8; ++group) {
    std::uint8_t* q = b.q + group / 4 * 32;
    for (int j = 0; j < 32; ++j) q[j] = static_cast<std::uint8_t>(q[j] | fit.codes[group * 32 + j] << group % 4 * 2);
  }
  return b;
}

}  // namespace

constinit const Format tq2_0{.name = "TQ2_0",
                             .gguf_id = 35,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = pack_all<Block, 256, pack>,
                             .product = Product::q8_0};

}  // namespace ondol::storage
