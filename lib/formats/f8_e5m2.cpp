#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// The upper half of a float16. Source: OCP 8-bit Floating Point 1.0; safetensors.
void unpack(const std::uint8_t& in, float* out) { *out = half_to_float(static_cast<std::uint16_t>(in << 8)); }

/// Rounded to nearest even in one step: float16 would round a first time.
std::uint8_t pack(const float* in) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(*in);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  const auto signed_code = [&](std::uint32_t code) { return static_cast<std::uint8_t>(code | bits >> 31 << 7); };
  if (magnitude > 0x7F800000u) return signed_code(0x7F);
  if (magnitude >= std::bit_cast<std::uint32_t>(61440.0f)) return signed_code(0x7C);  // halfway from the largest
  // Next to 2^7 the spacing of float32 is 2^-16, that of the subnormals: the sum does the rounding.
  if (magnitude < std::bit_cast<std::uint32_t>(0x1p-14f)) {
    return signed_code(std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0x1p7f) & 7u);
  }
  return signed_code((magnitude - (112u << 23) + 0xFFFFFu + (magnitude >> 21 & 1u)) >> 21);
}

}  // namespace

constinit const Format f8_e5m2{.name = "F8_E5M2",
                               .gguf_id = no_gguf_id,
                               .weights = 1,
                               .bytes = 1,
                               .unpack = unpack_all<std::uint8_t, 1, unpack>,
                               .pack = pack_all<std::uint8_t, 1, pack>,
                               .product = Product::f32};

}  // namespace ondol::storage
