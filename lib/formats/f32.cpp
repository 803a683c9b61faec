#include <cstring>

#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

// memcpy takes no null pointer, not even for nothing.
void unpack(const std::byte* in, float* out, std::size_t n) noexcept {
  if (n != 0) std::memcpy(out, in, n * sizeof(float));
}
void pack(const float* in, const float*, std::byte* out, std::size_t n) noexcept {
  if (n != 0) std::memcpy(out, in, n * sizeof(float));
}

}  // namespace

constinit const Format f32{
    .name = "F32", .gguf_id = 0, .weights = 1, .bytes = 4, .unpack = unpack, .pack = pack, .product = Product::f32};

}  // namespace ondol::storage
