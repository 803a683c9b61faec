#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rounding.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * (q - 16); the low four bits of q lie as in Q4_0, bit j of `high` is the fifth of weight j.
/// Source: GGUF type 6.
struct Block {
  std::uint16_t d;
  std::uint8_t high[4];
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 22);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  std::uint32_t high;
  std::memcpy(&high, b.high, sizeof high);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(static_cast<int>((b.q[j] & 15u) | (high >> j & 1u) << 4) - 16);
    out[j + 16] = d * static_cast<float>(static_cast<int>((b.q[j] >> 4u) | (high >> (j + 16) & 1u) << 4) - 16);
  }
}

Block pack(const float* in) {
  const float d = signed_peak(in, 32) / -16.0f;
  const float scale = inverse(d);
  Block b{.d = float_to_half(d), .high = {}, .q = {}};
  std::uint32_t high = 0;
  for (int j = 0; j < 16; ++j) {
    const unsigned first = level(in[j] * scale + 16.5f, 31);
    const unsigned second = level(in[j + 16] * scale + 16.5f, 31);
    b.q[j] = static_cast<std::uint8_t>((first & 15) | (second & 15) << 4);
    high |= (first >> 4) << j | (second >> 4) << (j + 16);
  }
  std::memcpy(b.high, &high, sizeof high);
  return b;
}

}  // namespace

constinit const Format q5_0{.name = "Q5_0",
                            .gguf_id = 6,
                            .weights = 32,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 32, unpack>,
                            .pack = pack_all<Block, 32, pack>,
                            .product = Product::q5_0};

}  // namespace ondol::storage
