#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rounding.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * q + m; q lies as in Q5_0. Source: GGUF type 7.
struct Block {
  std::uint16_t d;
  std::uint16_t m;
  std::uint8_t high[4];
  std::uint8_t q[16];
};
static_assert(sizeof(Block) == 24);

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  const float m = half_to_float(b.m);
  std::uint32_t high;
  std::memcpy(&high, b.high, sizeof high);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(static_cast<int>((b.q[j] & 15u) | (high >> j & 1u) << 4)) + m;
    out[j + 16] = d * static_cast<float>(static_cast<int>((b.q[j] >> 4u) | (high >> (j + 16) & 1u) << 4)) + m;
  }
}

Block pack(const float* in) {
  const auto [low, high] = range(in, 32);
  const float d = (high - low) / 31.0f;
  const float scale = inverse(d);
  Block b{.d = float_to_half(d), .m = float_to_half(low), .high = {}, .q = {}};
  std::uint32_t fifth = 0;
  for (int j = 0; j < 16; ++j) {
    const unsigned first = level((in[j] - low) * scale + 0.5f, 31);
    const unsigned second = level((in[j + 16] - low) * scale + 0.5f, 31);
    b.q[j] = static_cast<std::uint8_t>((first & 15) | (second & 15) << 4);
    fifth |= (first >> 4) << j | (second >> 4) << (j + 16);
  }
  std::memcpy(b.high, &fifth, sizeof fifth);
  return b;
}

}  // namespace

constinit const Format q5_1{.name = "Q5_1",
                            .gguf_id = 7,
                            .weights = 32,
                            .bytes = sizeof(Block),
                            .unpack = unpack_all<Block, 32, unpack>,
                            .pack = pack_all<Block, 32, pack>,
                            .product = Product::q5_1};

}  // namespace ondol::storage
