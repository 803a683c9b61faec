// MXFP4 as gpt-oss is published: name_blocks [experts, out, in / 32, 16] holds two values in a byte, the first in the low
// half, name_scales [experts, out, in / 32] the exponents. The same bits as GGUF's MXFP4 in another order.
#include <fmt/format.h>

#include "models/checkpoints/checkpoint.hpp"

namespace ondol {

void merge_mxfp4(Checkpoint& c) {
  const Format* format = find_format("MXFP4");
  for (const std::string& stem : c.stems("_blocks")) {
    const TensorView blocks = c.take(stem + "_blocks", {"U8"}, {-1, -1, -1, 16});
    const std::uint64_t across = blocks.shape[1], out = blocks.shape[2], experts = blocks.shape[3];
    const TensorView scales = c.take(stem + "_scales", {"U8"},
                                     {std::int64_t(experts), std::int64_t(out), std::int64_t(across)});
    const auto held = std::make_shared<const std::vector<TensorView>>(std::vector{blocks, scales});
    Weight weight{.name = stem, .format = format, .shape = {across * 32, out, experts}, .parts = {}, .sources = {}};
    for (const TensorView& tensor : *held) weight.sources.push_back(&tensor);
    for (std::uint64_t expert = 0; expert < experts; ++expert) {
      weight.parts.push_back({.bytes = {}, .make = [held, expert, count = out * across](std::byte* to) {
                                const std::byte* in = (*held)[0].bytes.data() + expert * count * 16;
                                const std::byte* exponent = (*held)[1].bytes.data() + expert * count;
                                for (std::uint64_t b = 0; b < count; ++b, in += 16, to += 17) {
                                  to[0] = exponent[b];
                                  const auto value = [&](std::size_t i) { return in[i / 2] >> (i % 2 * 4) & std::byte{15}; };
                                  for (std::size_t j = 0; j < 16; ++j) to[1 + j] = value(j) | value(j + 16) << 4;
                                }
                              }});
    }
    c.put(std::move(weight));
  }
}

}  // namespace ondol
