#pragma once
// exp(x), at most 2 units in the last place off: x = n ln 2 + r, |r| <= ln 2 / 2, e^r by the polynomial of Cephes' expf
// (S. Moshier), times 2^n. -inf gives 0, NaN gives NaN.
namespace ondol::ISA {
namespace {

inline F32x16 exponential(F32x16 x) {
  x = maximum(broadcast(-105.0f), minimum(broadcast(89.0f), x));  // a NaN passes
  const F32x16 round = broadcast(12582912.0f);                    // 1.5 * 2^23: adding it rounds to a whole number
  const F32x16 n = subtract(multiply_add(x, broadcast(1.44269504088896341f), round), round);
  F32x16 r = multiply_add(n, broadcast(-0.693359375f), x);  // 9 bits: n times it is exact
  r = multiply_add(n, broadcast(2.12194440e-4f), r);
  F32x16 p = broadcast(1.9875691500e-4f);
  p = multiply_add(p, r, broadcast(1.3981999507e-3f));
  p = multiply_add(p, r, broadcast(8.3334519073e-3f));
  p = multiply_add(p, r, broadcast(4.1665795894e-2f));
  p = multiply_add(p, r, broadcast(1.6666665459e-1f));
  p = multiply_add(p, r, broadcast(5.0000001201e-1f));
  p = multiply_add(multiply(r, r), p, add(r, broadcast(1.0f)));
  return times_power_of_two(p, n);
}

}  // namespace
}  // namespace ondol::ISA
