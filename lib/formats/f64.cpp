#include <cstring>

#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Rounded to float32.
void unpack(const std::byte* in, float* out, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    double x;
    std::memcpy(&x, in + i * sizeof x, sizeof x);
    out[i] = static_cast<float>(x);
  }
}

void pack(const float* in, const float*, std::byte* out, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    const double x = in[i];
    std::memcpy(out + i * sizeof x, &x, sizeof x);
  }
}

}  // namespace

constinit const Format f64{
    .name = "F64", .gguf_id = 28, .weights = 1, .bytes = 8, .unpack = unpack, .pack = pack, .product = Product::f32};

}  // namespace ondol::storage
