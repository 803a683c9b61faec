#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rounding.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * (q - 8); byte j holds weight j in its low and weight j + 16 in its high four bits. Source: GGUF type 2.
struct Block {
  std::uint16_t d;
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 18);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>((b.q[j] & 15) - 8);
    out[j + 16] = d * static_cast<float>((b.q[j] >> 4) - 8);
  }
}

Block pack(const float* in) {
  const float d = signed_peak(in, 32) / -8.0f;
  const float scale = inverse(d);
  Block b{.d = float_to_half(d), .q = {}};
  for (int j = 0; j < 16; ++j) {
    b.q[j] = static_cast<std::uint8_t>(level(in[j] * scale + 8.5f, 15) | level(in[j + 16] * scale + 8.5f, 15) << 4);
  }
  return b;
}

}  // namespace

constinit const Format q4_0{.name = "Q4_0",
                            .gguf_id = 2,
                            .weights = 32,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 32, unpack>,
                            .pack = pack_all<Block, 32, pack>,
                            .product = Product::q4_0};

}  // namespace ondol::storage
