#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rounding.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * q. Source: GGUF type 8.
struct Block {
  std::uint16_t d;
  std::int8_t q[32];
};
static_assert(sizeof(Block) == 34);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int j = 0; j < 32; ++j) out[j] = d * static_cast<float>(b.q[j]);
}

Block pack(const float* in) {
  const float d = within_half(std::fabs(signed_peak(in, 32)) / 127.0f);
  const float scale = inverse(d);
  Block b{.d = float_to_half(d), .q = {}};
  for (int j = 0; j < 32; ++j) {
    const float x = std::round(in[j] * scale);
    b.q[j] = static_cast<std::int8_t>(x == x ? std::clamp(x, -127.0f, 127.0f) : 0.0f);
  }
  return b;
}

}  // namespace

constinit const Format q8_0{.name = "Q8_0",
                            .gguf_id = 8,
                            .weights = 32,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 32, unpack>,
                            .pack = pack_all<Block, 32, pack>,
                            .product = Product::q8_0};

}  // namespace ondol::storage
