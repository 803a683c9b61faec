// Activations rounded to integers, in tiles (kernels/quantised_products.hpp). Included once an ISA, after its simd
// files.
#include <type_traits>

#include "kernels/quantised_layout.hpp"
#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {
namespace integer {  // apart from the names of the float products

/// Groups, and of 8 bits their rests.
template <class Integer>
constexpr std::size_t tile_parts = sizeof(Integer) == 1 ? 2 : 1;

constexpr int widths = sizeof tile_widths / sizeof *tile_widths;
constexpr int tile = tile_widths[widths - 1];

std::size_t tile_width(std::size_t rows) noexcept {
  for (int width : tile_widths) {
    if (std::size_t(width) >= rows) return std::size_t(width);
  }
  return tile;
}

template <Rounding rounding>
using RoundedTo = std::conditional_t<rounding == Rounding::coarse, std::int8_t, std::int16_t>;

template <Rounding rounding>
[[gnu::always_inline]] inline void round_group(const float* x, ActivationGroup<RoundedTo<rounding>>& out) {
  const std::uint32_t bits = largest_magnitude(x);
  if (bits >= 0x7F800000u || bits < bits_of(least_activation)) {
    __builtin_memset(&out, 0, sizeof out);
    if (bits >= 0x7F800000u) out.scale = out.sum[0] = out.sum[1] = out.sum[2] = float_of(0x7FC00000u);
    return;
  }
  const float largest = float_of(bits);
  float most = rounding == Rounding::coarse ? 127.0f : 32767.0f;
  if constexpr (rounding == Rounding::middle) {
    const std::int32_t sum = sum_magnitudes(x, most / largest);
    if (sum > largest_middle_sum) most = most * float(largest_middle_sum) / float(sum);
  }
  const HalfSums sums = round_values(x, most / largest, out.q);
  out.scale = largest * (1.0f / most);
  const std::int32_t by_run[] = {sums.first + sums.last, sums.first, sums.last};
  for (int run = 0; run < 3; ++run) {
    out.sum[run] = out.scale * float(by_run[run]);
    out.minus_sum[run] = -by_run[run];
  }
}

/// Of row `row` of a tile, of which the groups are rounded already.
template <class Integer>
void round_rests(const float* x, std::size_t row, std::size_t width, std::size_t groups,
                 ActivationGroup<Integer>* tile) {
  const auto square = [&](std::size_t group) {
    const float scale = tile[group * width + row].scale;
    return scale * scale;
  };
  float squares = 0;
  for (std::size_t group = 0; group < groups; ++group) squares += square(group);
  const float most = outstanding * outstanding * squares;
  for (std::size_t group = 0; group < groups; ++group) {
    if (!(square(group) * float(groups) > most)) continue;
    ActivationGroup<Integer>* const rests = tile + (groups + group) * width;
    if (!tile[group * width].has_rest) {
      __builtin_memset(rests, 0, width * sizeof *rests);
      tile[group * width].has_rest = 1;
    }
    const ActivationGroup<Integer>& rounded = tile[group * width + row];
    float rest[group_inputs];
    for (int i = 0; i < group_inputs; ++i)
      rest[i] = x[group * group_inputs + std::size_t(i)] - rounded.scale * float(rounded.q[i]);
    round_group<Rounding::coarse>(rest, rests[row]);
  }
}

template <Rounding rounding>
void quantise(const float* x, std::size_t stride, std::size_t rows, std::size_t groups, void* to) noexcept {
  using Integer = RoundedTo<rounding>;
  auto* tile = static_cast<ActivationGroup<Integer>*>(to);
  const std::size_t width = tile_width(rows);
  for (std::size_t row = 0; row < width; ++row) {
    for (std::size_t group = 0; group < groups; ++group) {
      ActivationGroup<Integer>& a = tile[group * width + row];
      if (row < rows) {
        round_group<rounding>(x + row * stride + group * group_inputs, a);
        a.has_rest = 0;
      } else {
        __builtin_memset(&a, 0, sizeof a);
      }
    }
  }
  if constexpr (tile_parts<Integer> > 1) {
    for (std::size_t row = 0; row < rows; ++row) round_rests(x + row * stride, row, width, groups, tile);
  }
}

}  // namespace integer
}  // namespace
}  // namespace ondol::ISA
