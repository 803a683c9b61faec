#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/nibbles.hpp"
#include "formats/rounding.hpp"
#include "formats/rows.hpp"
#include "formats/search/scales.hpp"

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

Block stored(std::uint16_t d, const std::uint8_t* codes) {
  Block b{.d = d, .q = {}};
  pack_nibbles(codes, b.q);
  return b;
}

/// As the reference quantiser does without importance: the largest weight has the level farthest from zero.
Block pack_plain(const float* in) {
  const float d = within_half(signed_peak(in, 32) / -8.0f);
  const float scale = inverse(d);
  std::uint8_t codes[32];
  for (int j = 0; j < 32; ++j) codes[j] = level(in[j] * scale + 8.5f, 15);
  return stored(float_to_half(d), codes);
}

using Grid = LevelGrid<WholeLevels<-8, 7>, 32>;
constexpr Starts starts{.first = 0.85f, .step = 0.025f, .count = 13};

Block pack(const float* in, const float* importance) {
  if (!importance) return pack_plain(in);
  const auto fit = fit_group<Grid>(Sample<32>(in, importance, Emphasis::large), starts);
  return stored(fit.d, fit.codes.data());
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
