#include <cstring>

#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

/// Whole numbers, rounded to float32; for tensors that are no weights, so nothing packs them.
template <class Integer>
void unpack(const std::byte* in, float* out, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    Integer x;
    std::memcpy(&x, in + i * sizeof x, sizeof x);
    out[i] = static_cast<float>(x);
  }
}

template <class Integer>
constexpr Format format_of(std::string_view name, std::uint32_t gguf_id) {
  return {.name = name,
          .gguf_id = gguf_id,
          .weights = 1,
          .bytes = sizeof(Integer),
          .unpack = unpack<Integer>,
          .pack = nullptr,
          .product = Product::f32};
}

}  // namespace

constinit const Format i8 = format_of<std::int8_t>("I8", 24);
constinit const Format i16 = format_of<std::int16_t>("I16", 25);
constinit const Format i32 = format_of<std::int32_t>("I32", 26);
constinit const Format i64 = format_of<std::int64_t>("I64", 27);
constinit const Format u8 = format_of<std::uint8_t>("U8", no_gguf_id);
constinit const Format boolean = format_of<std::uint8_t>("BOOL", no_gguf_id);

}  // namespace ondol::storage
