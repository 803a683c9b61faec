#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"
#include "formats/search/sample.hpp"

namespace ondol::storage {
namespace {

/// Weight = d where bit j % 8 of q[j / 8] is set, else -d. Source: GGUF type 41.
struct Block {
  std::uint16_t d;
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 18);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int j = 0; j < 128; ++j) out[j] = b.q[j / 8] >> j % 8 & 1 ? d : -d;
}

/// The best d for these signs is the mean magnitude.
Block pack(const float* in, const float* importance) {
  const Sample<128> sample(in, importance, Emphasis::even);
  float sum = 0.0f, weight = 0.0f;
  Block b{};
  for (int j = 0; j < 128; ++j) {
    sum += sample.w[j] * std::fabs(sample.x[j]);
    weight += sample.w[j];
    if (sample.x[j] >= 0.0f) b.q[j / 8] = static_cast<std::uint8_t>(b.q[j / 8] | 1u << j % 8);
  }
  b.d = sample.half(weight > 0.0f ? sum / weight : 0.0f);
  return b;
}

}  // namespace

constinit const Format q1_0{.name = "Q1_0",
                            .gguf_id = 41,
                            .weights = 128,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 128, unpack>,
                            .pack = pack_all<Block, 128, pack>,
                            .product = Product::q8_0};

}  // namespace ondol::storage
