// Fine-grained FP8 as DeepSeek V3 and transformers save it: weight in float8, and one factor for each block of
// weight_block_size (usually 128 x 128) in weight_scale_inv; or one factor for all.
#include <fmt/format.h>

#include "models/checkpoints/checkpoint.hpp"

namespace ondol {

void merge_block_fp8(Checkpoint& c) {
  std::uint64_t block[2] = {128, 128};
  if (const Json* size = c.scheme().find("weight_block_size"); size && size->is_array() && size->size() == 2) {
    for (std::size_t i = 0; i < 2; ++i) block[i] = size->at(i).as_uint64().value_or(0);
  }
  for (const char* suffix : {".weight_scale_inv", ".weight_scale"}) {
    for (const std::string& stem : c.stems(suffix)) {
      const TensorView weight = c.take(stem + ".weight", {"F8_E4M3", "F8_E5M2"}, {-1, -1});
      const std::uint64_t out = weight.shape[1];
      const std::uint64_t in = weight.shape[0];
      const TensorView scales = c.take_any(stem + suffix, {"F32", "BF16", "F16"});
      std::uint64_t height = block[0], width = block[1];
      if (scales.elements() == 1) height = out, width = in;
      if (height == 0 || width == 0 || scales.elements() != (out + height - 1) / height * ((in + width - 1) / width)) {
        c.refuse(stem + suffix, fmt::format("{} factors for [{}, {}] in blocks of [{}, {}]", scales.elements(), out, in,
                                            height, width));
      }
      c.drop(stem + ".input_scale");
      c.put(stem + ".weight", out, in, 8, {weight, scales}, [=](float* to) {
        weight.format->unpack(weight.bytes.data(), to, out * in);
        const auto scale = floats_of(scales);
        const std::uint64_t across = (in + width - 1) / width;
        for (std::uint64_t o = 0; o < out; ++o) {
          for (std::uint64_t i = 0; i < in; ++i) to[o * in + i] *= scale[o / height * across + i / width];
        }
      });
    }
  }
}

}  // namespace ondol
