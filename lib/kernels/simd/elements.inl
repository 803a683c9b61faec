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

/// Whether a register tile of so many rows by vectors keeps its sums and the vectors it multiplies in registers; one
/// row uses each vector once.
constexpr bool tile_fits(int rows, int vectors) {
  return rows == 1 ? vectors <= 6 : (rows + 1) * vectors <= tile_vectors;
}

}  // namespace
}  // namespace ondol::ISA
