#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"
#include "formats/search/scales.hpp"

namespace ondol::storage {
namespace {

/// Weight = d * (digit - 1). A byte holds digits of base three as a fraction: the whole part of 3 * byte / 256 is the
/// first, and the byte times three, cut to eight bits, holds the rest. Runs of 32, 16 and 4 bytes hold five, five and
/// four digits each; digit k of byte j of a run stands for weight `run's bytes` * k + j of the run. Source: GGUF type
/// 34.
struct Block {
  std::uint8_t q[52];
  std::uint16_t d;
};
static_assert(sizeof(Block) == 54);

struct Run {
  int bytes;
  int digits;
};
constexpr Run runs[] = {{32, 5}, {16, 5}, {4, 4}};

void unpack(const Block& b, float* out) {
  const float d = half_to_float(b.d);
  const std::uint8_t* q = b.q;
  for (const Run run : runs) {
    unsigned power = 1;
    for (int k = 0; k < run.digits; ++k, power *= 3) {
      for (int j = 0; j < run.bytes; ++j) {
        const unsigned digit = (q[j] * power & 255u) * 3 >> 8;
        *out++ = d * static_cast<float>(static_cast<int>(digit) - 1);
      }
    }
    q += run.bytes;
  }
}

using Grid = LevelGrid<WholeLevels<-1, 1>, 256>;
constexpr Starts starts{.first = 0.1f, .step = 0.05f, .count = 19};

Block pack(const float* in, const float* importance) {
  const Sample<256> sample(in, importance, Emphasis::even);
  const auto fit = fit_group<Grid>(sample, starts);
  Block b{.q = {}, .d = fit.d};
  const std::uint8_t* digit = fit.codes.data();
  std::uint8_t* q = b.q;
  for (const Run run : runs) {
    for (int j = 0; j < run.bytes; ++j) {
      unsigned number = 0;
      for (int k = 0; k < 5; ++k) number = number * 3 + (k < run.digits ? digit[run.bytes * k + j] : 0u);
      *q++ = static_cast<std::uint8_t>((number * 256 + 242) / 243);  // rounded up: the digits are found by cutting off
    }
    digit += run.bytes * run.digits;
  }
  return b;
}

}  // namespace

constinit const Format tq1_0{.name = "TQ1_0",
                             .gguf_id = 34,
                             .weights = 256,
                             .bytes = sizeof(Block),
                             .unpack = unpack_all<Block, 256, unpack>,
                             .pack = pack_all<Block, 256, pack>,
                             .product = Product::q8_0};

}  // namespace ondol::storage
