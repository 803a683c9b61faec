#include <limits>

#include "formats/block.hpp"
#include "formats/fp8.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// A sign, four bits of exponent, three of mantissa; no infinities. Source: OCP 8-bit Floating Point 1.0; safetensors.
void unpack(const std::uint8_t& in, float* out) {
  const std::uint32_t code = in & 0x7Fu;
  const float magnitude = code == 0x7F ? std::numeric_limits<float>::quiet_NaN() : e4m3_magnitude(code);
  *out = in & 0x80u ? -magnitude : magnitude;
}

std::uint8_t pack(const float* in) {
  return static_cast<std::uint8_t>(e4m3_code(*in) | std::bit_cast<std::uint32_t>(*in) >> 31 << 7);
}

}  // namespace

constinit const Format f8_e4m3{.name = "F8_E4M3",
                               .gguf_id = no_gguf_id,
                               .weights = 1,
                               .bytes = 1,
                               .unpack = unpack_all<std::uint8_t, 1, unpack>,
                               .pack = pack_all<std::uint8_t, 1, pack>,
                               .product = Product::f32};

}  // namespace ondol::storage
