#pragma once
// Sixteen elements of a stored type as floats: what bodies for several storage types are instantiated with.
namespace ondol::ISA {
namespace {

struct FromFloat {
  using Element = float;
  static F32x16 load16(const float* p) { return load(p); }
};
struct FromHalf {
  using Element = std::uint16_t;
  static F32x16 load16(const std::uint16_t* p) { return load_half(p); }
};
struct FromBfloat {
  using Element = std::uint16_t;
  static F32x16 load16(const std::uint16_t* p) { return load_bfloat(p); }
};

}  // namespace
}  // namespace ondol::ISA
