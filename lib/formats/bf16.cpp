#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"

namespace ondol::storage {
namespace {

void unpack(const std::uint16_t& in, float* out) { *out = bfloat_to_float(in); }
std::uint16_t pack(const float* in) { return float_to_bfloat(*in); }

}  // namespace

constinit const Format bf16{.name = "BF16",
                            .gguf_id = 30,
                            .weights = 1,
                            .bytes = 2,
                            .unpack = unpack_all<std::uint16_t, 1, unpack>,
                            .pack = pack_all<std::uint16_t, 1, pack>,
                            .product = Product::bf16};

}  // namespace ondol::storage
