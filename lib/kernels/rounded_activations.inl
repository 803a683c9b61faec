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
void round_group(const float* x, ActivationGroup<RoundedTo<rounding>>& out) {
  constexpr float most = rounding == Rounding::coarse ? 127.0f : 32767.0f;
  HalfSums sums = quantise_group(x, most, out);
  if constexpr (rounding == Rounding::middle) {
    std::int32_t sum = 0;
    for (const std::int16_t q : out.q) sum += q < 0 ? -q : q;
    if (sum > largest_middle_sum) sums = quantise_group(x, most * float(largest_middle_sum) / float(sum), out);
  }
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
