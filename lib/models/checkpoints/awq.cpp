// AWQ (Lin et al. 2023), the "gemm" layout of AutoAWQ: qweight [in, out / 8] holds eight outputs in each 32-bit word in the
// order 0 2 4 6 1 3 5 7, qzeros [groups, out / 8] the same, scales [groups, out].
#include <fmt/format.h>

#include "files/printable.hpp"
#include "models/checkpoints/checkpoint.hpp"

namespace ondol {

void merge_awq(Checkpoint& c) {
  static constexpr std::uint32_t shift_of[8] = {0, 16, 4, 20, 8, 24, 12, 28};  // of output o % 8
  const std::int64_t bits = c.integer("bits", c.integer("w_bit", 4));
  const Json* version = c.scheme().find("version");
  for (const std::string& stem : c.stems(".qweight")) {
    if (bits != 4) c.refuse(stem + ".qweight", fmt::format("{} bits, expected 4", bits));
    if (version && version->as_string() && *version->as_string() != "gemm" && *version->as_string() != "GEMM") {
      c.refuse(stem + ".qweight", fmt::format("layout '{}', expected gemm", printable(*version->as_string())));
    }
    const TensorView packed = c.take(stem + ".qweight", {"I32", "U32"}, {-1, -1});
    const std::uint64_t in = packed.shape[1];
    const std::uint64_t out = packed.shape[0] * 8;
    const TensorView scales = c.take(stem + ".scales", {"F16", "BF16", "F32"}, {-1, std::int64_t(out)});
    const std::uint64_t groups = scales.shape[1];
    const TensorView zeros = c.take(stem + ".qzeros", {"I32", "U32"}, {std::int64_t(groups), std::int64_t(out / 8)});
    if (in % groups != 0) c.refuse(stem + ".scales", fmt::format("{} groups of {} inputs", groups, in));
    c.put(stem + ".weight", out, in, in / groups % 32 == 0 ? 4 : 8, {packed, scales, zeros}, [=](float* to) {
      const auto words = words_of(packed), zero_words = words_of(zeros);
      const auto scale = floats_of(scales);
      const std::uint64_t size = in / groups;
      for (std::uint64_t o = 0; o < out; ++o) {
        for (std::uint64_t i = 0; i < in; ++i) {
          const std::uint64_t g = i / size;
          const std::uint32_t q = words[i * (out / 8) + o / 8] >> shift_of[o % 8] & 15;
          const std::uint32_t z = zero_words[g * (out / 8) + o / 8] >> shift_of[o % 8] & 15;
          to[o * in + i] = (static_cast<float>(q) - static_cast<float>(z)) * scale[g * out + o];
        }
      }
    });
  }
}

}  // namespace ondol
