// Products of packed integer weights and quantised activations, for every Layout. Included once an ISA, after its simd
// files.
#include <type_traits>
#include <utility>

#include "kernels/quantised_layout.hpp"
#include "kernels/quantised_products.hpp"

namespace ondol::ISA {
namespace {
namespace integer {  // apart from the names of the float products

template <int n>
struct Constant {
  static constexpr int value = n;
};

/// f(Constant<0>), .. f(Constant<n - 1>).
template <int n, class F>
[[gnu::always_inline]] inline void unrolled(F f) {
  [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) { (f(Constant<i>{}), ...); }
  (std::make_integer_sequence<int, n>{});
}

constexpr int steps = 8;  // of four inputs in a group

/// What the inner loop needs to know of a Layout; many have the same.
struct Shape {
  bool wide;   ///< signed levels of 8 bits
  int offset;  ///< subtracted from each level
  int excess;  ///< subtracted from narrow levels so that 16 bits hold the sum, and given back after it
  int parts;   ///< of a group with their own integer scale
  bool minima;

  explicit constexpr Shape(Layout l)
      : wide(l.bits == 8 || l.codebook),
        offset(wide ? wide_offset : l.offset),
        excess(0),
        parts(l.scale_inputs == 16 ? 2 : 1),
        minima(l.minima) {
    const int terms = group_inputs / 2 / parts;
    if (sums_in_16_bits && !wide && l.offset == 0 && ((1 << l.bits) - 1) * 127 * terms > 32767)
      excess = 1 << (l.bits - 1);
  }
  bool operator==(const Shape&) const = default;
};

/// The weights of a group, straight from the panel.
template <Layout layout>
struct Packed {
  static constexpr Shape shape{layout};
  static constexpr LayoutBytes at{layout};

  const std::byte* block;
  int group = 0;

  [[gnu::always_inline]] void next() {
    if (++group == at.block_groups) group = 0, block += at.block;
  }

  template <int bits>
  [[gnu::always_inline]] static Bytes field(const std::byte* plane, int step, int to) {
    constexpr int each = 8 / bits;
    return move_bits(load_as<Bytes>(plane + step / each * 64), (1 << bits) - 1, step % each * bits, to);
  }
  template <int step>
  [[gnu::always_inline]] Bytes levels(Constant<step>) const {
    const std::byte* plane = block + at.levels + group * at.group;
    if constexpr (layout.bits == 8) {
      const Bytes bytes = load_as<Bytes>(plane + step * 64);
      return wide_offset ? flip_signs(bytes) : bytes;
    } else {
      const Bytes low = field<at.low_bits>(plane, step, 0);
      if constexpr (layout.codebook) {
        alignas(16) static constexpr Codebook codebook{wide_offset};
        return lookup(codebook.level, low);
      } else if constexpr (at.high_bits) {
        return either(low, field<at.high_bits>(plane + 64 * at.low_bits, step, at.low_bits));
      } else {
        return low;
      }
    }
  }
  /// The float factor of integer sums, and of the activations' sums.
  [[gnu::always_inline]] F32x16 scale() const {
    const F32x16 d = load_half(reinterpret_cast<const std::uint16_t*>(block));
    if constexpr (layout.scale_inputs != 32) return d;
    return multiply(d, load_int8(reinterpret_cast<const std::int8_t*>(block + at.scales + group * panel_rows)));
  }
  [[gnu::always_inline]] F32x16 minimum() const {
    const F32x16 m = load_half(reinterpret_cast<const std::uint16_t*>(block + 32));
    if constexpr (layout.scale_inputs != 32) return m;
    return multiply(m, load_int8(reinterpret_cast<const std::int8_t*>(block + at.minima + group * panel_rows)));
  }
  [[gnu::always_inline]] Scales part_scales(int part) const {
    return load_scales(block + at.scales + (2 * group + part) * panel_rows, layout.minima);
  }
  [[gnu::always_inline]] BytePairs part_minima() const {
    return load_high_nibbles(block + at.scales + 2 * group * panel_rows);
  }
};

/// The same unpacked, for products with many rows. Only the fields that the shape has are set.
struct alignas(64) UnpackedGroup {
  std::byte level[steps][64];
  float scale[16];
  float minimum[16];
  std::byte part_scale[2][64];
  std::byte part_minimum[64];
};

template <Layout layout>
void unpack_group(const Packed<layout>& w, UnpackedGroup& out) {
  unrolled<steps>([&](auto step) __attribute__((always_inline)) { store_as(out.level[step.value], w.levels(step)); });
  store(out.scale, w.scale());
  if constexpr (w.shape.minima) store(out.minimum, w.minimum());
  if constexpr (w.shape.parts == 2) {
    for (int part = 0; part < 2; ++part) store_as(out.part_scale[part], w.part_scales(part));
    if constexpr (w.shape.minima) store_as(out.part_minimum, w.part_minima());
  }
}

template <Shape s>
struct Unpacked {
  static constexpr Shape shape = s;
  const UnpackedGroup* group;

  [[gnu::always_inline]] void next() { ++group; }
  template <int step>
  [[gnu::always_inline]] Bytes levels(Constant<step>) const {
    return load_as<Bytes>(group->level[step]);
  }
  [[gnu::always_inline]] F32x16 scale() const { return load(group->scale); }
  [[gnu::always_inline]] F32x16 minimum() const { return load(group->minimum); }
  [[gnu::always_inline]] Scales part_scales(int part) const { return load_as<Scales>(group->part_scale[part]); }
  [[gnu::always_inline]] BytePairs part_minima() const { return load_as<BytePairs>(group->part_minimum); }
};

/// Adds `groups` groups of a panel times a tile of `width` rows to sums[width][16]; `fresh` sums begin at zero.
template <int width, class Weights>
void multiply_tile(Weights w, const ActivationGroup* a, std::size_t groups, bool fresh, float* sums) {
  constexpr int parts = Weights::shape.parts;
  constexpr int offset = Weights::shape.offset;
  constexpr int excess = Weights::shape.excess;
  constexpr bool minima = Weights::shape.minima;
  using Sum = std::conditional_t<Weights::shape.wide, WideSum, NarrowSum>;
  F32x16 y[width];
  unrolled<width>([&](auto t)
                      __attribute__((always_inline)) { y[t.value] = fresh ? zero() : load(sums + 16 * t.value); });
  for (std::size_t i = 0; i < groups * activation_terms; ++i, a += width) {
    if (i != 0 && i % activation_terms == 0) w.next();
    I32x16 integer[width];
    unrolled<parts>([&](auto part) __attribute__((always_inline)) {
      constexpr int half = decltype(part)::value;
      Sum sum[width];
      unrolled<width>([&](auto t) __attribute__((always_inline)) {
        if constexpr (parts == 1) {
          sum[t.value] = start<Sum>(offset + excess, a[t.value]);
        } else {
          sum[t.value] = start_half<Sum>(offset + excess, a[t.value], half);
        }
      });
      unrolled<steps / parts>([&](auto i) __attribute__((always_inline)) {
        constexpr int step = half * steps / 2 + decltype(i)::value;
        const Bytes levels = w.levels(Constant<step>{});
        unrolled<width>([&](auto t) __attribute__((always_inline)) {
          sum[t.value] = dot(sum[t.value], levels, a[t.value].q + 4 * step);
        });
      });
      unrolled<width>([&](auto t) __attribute__((always_inline)) {
        if constexpr (parts == 1) {
          integer[t.value] = total(sum[t.value]);
        } else {
          const I32x16 scaled = total(sum[t.value], w.part_scales(half));
          integer[t.value] = half == 0 ? scaled : add(integer[t.value], scaled);
        }
        if constexpr (excess != 0) {
          integer[t.value] = add(integer[t.value], multiples(excess, a[t.value].pairs));
        }
      });
    });
    const F32x16 scale = w.scale();
    unrolled<width>([&](auto t) __attribute__((always_inline)) {
      y[t.value] = multiply_add(to_float(integer[t.value]), multiply(scale, broadcast(a[t.value].scale)), y[t.value]);
    });
    if constexpr (minima) {
      const F32x16 minimum = w.minimum();
      unrolled<width>([&](auto t) __attribute__((always_inline)) {
        if constexpr (parts == 1) {
          y[t.value] = multiply_add(minimum, broadcast(a[t.value].sum), y[t.value]);
        } else {
          const F32x16 lows = to_float(dot_pairs(w.part_minima(), a[t.value].sums_of));
          y[t.value] = multiply_add(lows, multiply(minimum, broadcast(a[t.value].scale)), y[t.value]);
        }
      });
    }
  }
  unrolled<width>([&](auto t) __attribute__((always_inline)) { store(sums + 16 * t.value, y[t.value]); });
}

constexpr int widths = sizeof tile_widths / sizeof *tile_widths;
constexpr int tile = tile_widths[widths - 1];

std::size_t tile_width(std::size_t rows) noexcept {
  for (int width : tile_widths) {
    if (std::size_t(width) >= rows) return std::size_t(width);
  }
  return tile;
}

/// multiply_tile with the width as a number.
template <class Weights>
[[gnu::always_inline]] inline void multiply_tile(int width, const Weights& w, const ActivationGroup* a,
                                                 std::size_t groups, bool fresh, float* sums) {
  unrolled<widths>([&](auto i) __attribute__((always_inline)) {
    constexpr int each = tile_widths[decltype(i)::value];
    if (width == each) multiply_tile<each>(w, a, groups, fresh, sums);
  });
}

/// Writes `rows` rows of 16 sums to the outputs of a panel.
void write_out(const QuantisedTask& task, std::size_t panel, std::size_t row, std::size_t rows, const float* sums) {
  const std::size_t output = panel * panel_rows;
  const std::size_t count = task.outputs - output < panel_rows ? task.outputs - output : panel_rows;
  for (std::size_t i = 0; i < rows; ++i, sums += 16) {
    float* out = task.out + (row + i) * task.stride + output;
    if (count == panel_rows) {
      const F32x16 y = load(sums);
      store(out, task.bias ? add(y, load(task.bias + output)) : y);
    } else {
      for (std::size_t j = 0; j < count; ++j) out[j] = task.bias ? sums[j] + task.bias[output + j] : sums[j];
    }
  }
}

/// Few rows: levels are unpacked in registers.
template <Layout layout>
void multiply_few(const QuantisedTask& task) noexcept {
  const std::size_t panel_bytes = task.groups / LayoutBytes(layout).block_groups * LayoutBytes(layout).block;
  alignas(64) float sums[tile * 16];
  for (std::size_t panel = task.first_panel; panel < task.last_panel; ++panel) {
    for (std::size_t row = task.first_row; row < task.last_row; row += tile) {
      const std::size_t rows = task.last_row - row < tile ? task.last_row - row : tile;
      multiply_tile(int(tile_width(rows)), Packed<layout>{task.panels + panel * panel_bytes},
                    task.activations + row * task.groups * activation_terms, task.groups, true, sums);
      write_out(task, panel, row, rows, sums);
    }
  }
}

/// Many rows: of some panels, as many groups at a time as fit in the caches beside the activations.
template <Layout layout>
void multiply_many(const QuantisedTask& task) noexcept {
  constexpr Shape shape{layout};
  constexpr LayoutBytes at{layout};
  constexpr std::size_t most_panels = 4, most_groups = 24, most_rows = 96;
  const std::size_t panel_bytes = task.groups / at.block_groups * at.block;
  const std::size_t chunks = (task.groups + most_groups - 1) / most_groups;
  const std::size_t chunk =
      ((task.groups + chunks - 1) / chunks + at.block_groups - 1) / at.block_groups * at.block_groups;
  UnpackedGroup unpacked[unpack_levels ? most_panels : 1][most_groups];
  alignas(64) float sums[most_panels][most_rows][16];
  for (std::size_t row = task.first_row; row < task.last_row; row += most_rows) {
    const std::size_t last_row = row + most_rows < task.last_row ? row + most_rows : task.last_row;
    for (std::size_t panel = task.first_panel; panel < task.last_panel; panel += most_panels) {
      const std::size_t panels = task.last_panel - panel < most_panels ? task.last_panel - panel : most_panels;
      for (std::size_t group = 0; group < task.groups; group += chunk) {
        const std::size_t groups = task.groups - group < chunk ? task.groups - group : chunk;
        const auto packed = [&](std::size_t p) {
          return Packed<layout>{task.panels + (panel + p) * panel_bytes + group / at.block_groups * at.block};
        };
        if constexpr (unpack_levels) {
          for (std::size_t p = 0; p < panels; ++p) {
            Packed<layout> w = packed(p);
            for (std::size_t g = 0; g < groups; ++g, w.next()) unpack_group(w, unpacked[p][g]);
          }
        }
        for (std::size_t r = row; r < last_row; r += tile) {
          const std::size_t width = tile_width(last_row - r < tile ? last_row - r : tile);
          const ActivationGroup* a = task.activations + (r * task.groups + group * width) * activation_terms;
          for (std::size_t p = 0; p < panels; ++p) {
            float* const y = sums[p][r - row];
            if constexpr (unpack_levels) {
              multiply_tile(int(width), Unpacked<shape>{unpacked[p]}, a, groups, group == 0, y);
            } else {
              multiply_tile(int(width), packed(p), a, groups, group == 0, y);
            }
          }
        }
      }
      for (std::size_t p = 0; p < panels; ++p) write_out(task, panel + p, row, last_row - row, sums[p][0]);
    }
  }
}

template <Layout layout>
void multiply(const QuantisedTask& task) noexcept {
  if (task.last_row - task.first_row <= 2 * tile) {
    multiply_few<layout>(task);
  } else {
    multiply_many<layout>(task);
  }
}

void quantise(const float* x, std::size_t stride, std::size_t rows, std::size_t groups, ActivationGroup* out) noexcept {
  const std::size_t width = tile_width(rows);
  for (std::size_t row = 0; row < width; ++row) {
    for (std::size_t group = 0; group < groups; ++group) {
      ActivationGroup* a = out + group * activation_terms * width + row;
      if (row >= rows) {
        for (std::size_t term = 0; term < activation_terms; ++term) __builtin_memset(a + term * width, 0, sizeof *a);
        continue;
      }
      float left[group_inputs];
      __builtin_memcpy(left, x + row * stride + group * group_inputs, sizeof left);
      for (std::size_t term = 0; term < activation_terms; ++term, a += width) {
        quantise_group(left, *a);
        for (int i = 0; i < group_inputs; ++i) left[i] = __builtin_fmaf(-a->scale, float(a->q[i]), left[i]);
      }
    }
  }
}

}  // namespace integer
}  // namespace

extern const QuantisedKernels quantised;
const QuantisedKernels quantised{
    integer::tile,
    integer::tile_width,
    integer::quantise,
    {nullptr, nullptr, nullptr, integer::multiply<layouts::q4_0>, integer::multiply<layouts::q4_1>,
     integer::multiply<layouts::q5_0>, integer::multiply<layouts::q5_1>, integer::multiply<layouts::q8_0>,
     integer::multiply<layouts::q2_k>, integer::multiply<layouts::q3_k>, integer::multiply<layouts::q4_k>,
     integer::multiply<layouts::q5_k>, integer::multiply<layouts::q6_k>, integer::multiply<layouts::iq4_nl>,
     integer::multiply<layouts::iq4_xs>}};

}  // namespace ondol::ISA
