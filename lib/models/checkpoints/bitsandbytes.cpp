// bitsandbytes, 4 bits (QLoRA, Dettmers et al. 2023): weight [n / 2, 1] holds two values in a byte, the first in the high
// half; weight.quant_map their 16 levels, weight.absmax the factor of each block, itself quantised where there is a nested
// map; shape and block sizes stand in a JSON text.
#include <fmt/format.h>

#include "files/printable.hpp"
#include "models/checkpoints/checkpoint.hpp"

namespace ondol {

void merge_bitsandbytes(Checkpoint& c) {
  for (const char* kind : {"nf4", "fp4"}) {
    const std::string suffix = fmt::format(".weight.quant_state.bitsandbytes__{}", kind);
    for (const std::string& stem : c.stems(suffix)) {
      const std::string name = stem + ".weight";
      const TensorView state = c.take(stem + suffix, {"U8"}, {-1});
      Json json;
      try {
        json = Json::parse({reinterpret_cast<const char*>(state.bytes.data()), state.bytes.size()}, name, 1000);
      } catch (const Error& e) {
        c.refuse(stem + suffix, e.what());
      }
      const auto size_of_block = [&](const char* key, std::uint64_t otherwise) {
        const Json* value = json.find(key);
        const auto size = value ? value->as_uint64() : otherwise;
        if (!size || *size == 0 || *size > 1u << 24) {
          c.refuse(stem + suffix, fmt::format("{} is {}, expected 1 .. 2^24", key, printable_json(*value)));
        }
        return *size;
      };
      const Json* shape = json.find("shape");
      if (!shape || !shape->is_array() || shape->size() != 2) c.refuse(stem + suffix, "shape is missing or not of two dimensions");
      const std::uint64_t out = shape->at(std::size_t{0}).as_uint64().value_or(0);
      const std::uint64_t in = shape->at(std::size_t{1}).as_uint64().value_or(0);
      const TensorView weight = c.take(name, {"U8"}, {-1, 1});
      const auto block = size_of_block("blocksize", 64);
      const std::uint64_t count = weight.elements() * 2;
      if (out == 0 || in == 0 || count / out != in || count % out != 0) {
        c.refuse(name, fmt::format("{} values for [{}, {}]", count, out, in));
      }
      const auto levels = floats_of(c.take(name + ".quant_map", {"F32"}, {16}));
      const std::uint64_t blocks = (count + block - 1) / block;
      const TensorView absmax = c.take(name + ".absmax", {"F32", "U8"}, {std::int64_t(blocks)});
      std::vector<float> factors;
      if (absmax.type == "F32") {
        factors = floats_of(absmax);
      } else {
        for (const std::byte b : absmax.bytes) factors.push_back(static_cast<float>(std::to_integer<int>(b)));
      }
      if (c.has(name + ".nested_absmax")) {
        const auto map = floats_of(c.take(name + ".nested_quant_map", {"F32"}, {256}));
        const auto outer = floats_of(c.take(name + ".nested_absmax", {"F32"}, {-1}));
        const auto nested = size_of_block("nested_blocksize", 256);
        if (outer.size() < (blocks + nested - 1) / nested) {
          c.refuse(name + ".nested_absmax", fmt::format("{} factors for {} blocks", outer.size(), blocks));
        }
        const Json* stated = json.find("nested_offset");
        const auto offset = static_cast<float>(stated ? stated->as_double().value_or(0) : 0);
        for (std::uint64_t i = 0; i < blocks; ++i) {
          factors[i] = map[static_cast<std::uint8_t>(factors[i])] * outer[i / nested] + offset;
        }
      }
      c.put(name, out, in, 8, {weight}, [=](float* to) {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(weight.bytes.data());
        for (std::uint64_t i = 0; i < count; ++i) {
          to[i] = levels[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15] * factors[i / block];
        }
      });
    }
  }
}

}  // namespace ondol
