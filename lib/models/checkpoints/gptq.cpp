// GPTQ (Frantar et al. 2022) as AutoGPTQ and GPTQModel save it: qweight [in / n, out] holds n values of a column in each
// 32-bit word, qzeros [groups, out / n] the groups' zeros (less one in the first format), g_idx the group of each input.
#include <fmt/format.h>

#include "models/checkpoints/checkpoint.hpp"

namespace ondol {

void merge_gptq(Checkpoint& c) {
  const std::int64_t bits = c.integer("bits", 4);
  const Json* format = c.scheme().find("checkpoint_format");
  const std::uint32_t offset = format && format->as_string() && *format->as_string() == "gptq_v2" ? 0 : 1;
  for (const std::string& stem : c.stems(".qweight")) {
    if (bits != 2 && bits != 4 && bits != 8) c.refuse(stem + ".qweight", fmt::format("{} bits, expected 2, 4 or 8", bits));
    const std::uint64_t each = 32 / static_cast<std::uint64_t>(bits);
    const TensorView packed = c.take(stem + ".qweight", {"I32", "U32"}, {-1, -1});
    const std::uint64_t in = packed.shape[1] * each;
    const std::uint64_t out = packed.shape[0];
    if (out % each != 0) c.refuse(stem + ".qweight", fmt::format("{} outputs, expected a multiple of {}", out, each));
    const TensorView scales = c.take(stem + ".scales", {"F16", "BF16", "F32"}, {-1, std::int64_t(out)});
    const std::uint64_t groups = scales.shape[1];
    const TensorView zeros = c.take(stem + ".qzeros", {"I32", "U32"}, {std::int64_t(groups), std::int64_t(out / each)});
    std::vector<std::uint32_t> group_of;
    if (c.has(stem + ".g_idx")) {
      group_of = words_of(c.take(stem + ".g_idx", {"I32"}, {std::int64_t(in)}));
    } else {
      const std::uint64_t size = (in + groups - 1) / groups;
      for (std::uint64_t i = 0; i < in; ++i) group_of.push_back(static_cast<std::uint32_t>(i / size));
    }
    for (const std::uint32_t group : group_of) {
      if (group >= groups) c.refuse(stem + ".g_idx", fmt::format("group {}, there are {}", group, groups));
    }
    bool grouped = bits <= 4 && in % 32 == 0;
    for (std::uint64_t i = 0; i < in; ++i) grouped = grouped && group_of[i] == group_of[i / 32 * 32];
    c.put(stem + ".weight", out, in, grouped ? 4 : 8, {packed, scales, zeros}, [=](float* to) {
      const auto words = words_of(packed), zero_words = words_of(zeros);
      const auto scale = floats_of(scales);
      const std::uint32_t mask = (1u << bits) - 1;
      for (std::uint64_t o = 0; o < out; ++o) {
        for (std::uint64_t i = 0; i < in; ++i) {
          const std::uint64_t g = group_of[i];
          const std::uint32_t q = words[i / each * out + o] >> i % each * std::uint64_t(bits) & mask;
          const std::uint32_t z = (zero_words[g * (out / each) + o / each] >> o % each * std::uint64_t(bits) & mask) + offset;
          to[o * in + i] = scale[g * out + o] * (static_cast<float>(q) - static_cast<float>(z));
        }
      }
    });
  }
}

}  // namespace ondol
