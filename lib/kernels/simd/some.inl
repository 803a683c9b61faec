#pragma once
// The first of n floats, sixteen at most.
namespace ondol::ISA {
namespace {

inline F32x16 load_some(const float* x, std::size_t n) { return n < 16 ? load_partial(x, n) : load(x); }
inline void store_some(float* y, F32x16 a, std::size_t n) { n < 16 ? store_partial(y, a, n) : store(y, a); }

}  // namespace
}  // namespace ondol::ISA
