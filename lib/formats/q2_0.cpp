#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * (q - 1); weight j has bits 2 (j % 4) and on of byte j / 4. Source: GGUF type 42.
struct Block {
  std::uint16_t d;
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 18);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int j = 0; j < 64; ++j) out[j] = d * static_cast<float>((b.q[j / 4] >> j % 4 * 2 & 3) - 1);
}

using Grid = LevelGrid<WholeLevels<-1, 2>, 64>;
constexpr Starts starts{.first = 0.2f, .step = 0.05f, .count = 25, .negatives = true};

Block pack(const float* in, const float* importance) {
  const Sample<64> sample(in, importance, Emphasis::even);
  const auto fit = fit_group<Grid>(sample, starts);
  Block b{.d = fit.d, .q = {}};
  for (int j = 0; j < 64; ++j) b.q[j / 4] = static_cast<std::uint8_t>(b.q[j / 4] | fit.codes[j] << j % 4 * 2);
  return b;
}

}  // namespace

constinit const Format q2_0{.name = "Q2_0",
                            .gguf_id = 42,
                            .weights = 64,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 64, unpack>,
                            .pack = pack_all<Block, 64, pack>,
                            .product = Product::q8_0};

}  // namespace ondol::storage
