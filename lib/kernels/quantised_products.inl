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

constexpr int prefetch_bytes = 8192;  // ahead: what a core needs to draw all the bandwidth it can get

/// What the inner loop needs to know of a Layout; many have the same.
struct Shape {
  int offset;  ///< subtracted from each level
  int parts;   ///< of a group with their own scale
  bool minima;
};

/// The weights of a group, straight from the panel.
template <Layout layout>
struct Packed {
  static constexpr Shape shape{layout.offset, layout.scale_inputs == 16 ? 2 : 1, layout.minima};
  static constexpr LayoutBytes at{layout};

  const std::byte* block;
  int group = 0;

  [[gnu::always_inline]] void next() {
    if (++group == at.block_groups) group = 0, block += at.block;
  }
  [[gnu::always_inline]] void prefetch() const {
    const std::byte* p = block + group * at.group + prefetch_bytes;
    for (int i = 0; i < at.block / at.block_groups; i += 64) __builtin_prefetch(p + i);
  }

  template <int bits>
  [[gnu::always_inline]] static Bytes field(const std::byte* plane, int step, int to) {
    constexpr int each = 8 / bits;
    return move_bits(load_as<Bytes>(plane + step / each * 64), (1 << bits) - 1, step % each * bits, to);
  }
  [[gnu::always_inline]] Bytes levels(int step) const {
    const std::byte* plane = block + at.levels + group * at.group;
    if constexpr (layout.bits == 8) {
      return load_as<Bytes>(plane + step * 64);
    } else {
      const Bytes low = field<at.low_bits>(plane, step, 0);
      if constexpr (layout.codebook) {
        alignas(16) static constexpr Codebook codebook{};
        return lookup(codebook.level, low);
      } else if constexpr (at.high_bits) {
        return either(low, field<at.high_bits>(plane + 64 * at.low_bits, step, at.low_bits));
      } else {
        return low;
      }
    }
  }
  /// Levels 4 step + first and 4 step + first + 2 of each row.
  [[gnu::always_inline]] Words words(int step, int first) const {
    return widen(levels(step), first, layout.bits == 8 || layout.codebook);
  }
  /// The integers from byte `from` of the block on that belong to a part of the group.
  [[gnu::always_inline]] F32x16 integers(int from, int part, bool upper) const {
    const std::byte* p = block + from + (group * shape.parts + part) * panel_rows;
    return at.nibbles ? load_nibbles(p, upper) : load_int8(reinterpret_cast<const std::int8_t*>(p));
  }
  [[gnu::always_inline]] F32x16 scale(int part) const {
    const F32x16 d = load_half(reinterpret_cast<const std::uint16_t*>(block));
    return layout.scale_inputs ? multiply(d, integers(at.scales, part, false)) : d;
  }
  [[gnu::always_inline]] F32x16 minimum(int part) const {
    const F32x16 m = load_half(reinterpret_cast<const std::uint16_t*>(block + 32));
    return layout.scale_inputs ? multiply(m, integers(at.nibbles ? at.scales : at.minima, part, true)) : m;
  }
};

/// The same unpacked, for products with many rows: the offset is subtracted. Only what the shape has is set.
struct alignas(64) UnpackedGroup {
  std::int16_t words[steps][2][32];
  float scale[2][16];
  float minimum[2][16];
};

template <Layout layout>
void unpack_group(const Packed<layout>& w, UnpackedGroup& out) {
  unrolled<2 * steps>([&](auto i) __attribute__((always_inline)) {
    constexpr int step = decltype(i)::value / 2, first = decltype(i)::value % 2;
    const Words words = w.words(step, first);
    store_as(out.words[step][first], layout.offset ? subtract(words, layout.offset) : words);
  });
  for (int part = 0; part < w.shape.parts; ++part) {
    store(out.scale[part], w.scale(part));
    if constexpr (layout.minima) store(out.minimum[part], w.minimum(part));
  }
}

template <Shape packed>
struct Unpacked {
  static constexpr Shape shape{0, packed.parts, packed.minima};
  const UnpackedGroup* group;

  [[gnu::always_inline]] void next() { ++group; }
  [[gnu::always_inline]] void prefetch() const {}
  [[gnu::always_inline]] Words words(int step, int first) const { return load_as<Words>(group->words[step][first]); }
  [[gnu::always_inline]] F32x16 scale(int part) const { return load(group->scale[part]); }
  [[gnu::always_inline]] F32x16 minimum(int part) const { return load(group->minimum[part]); }
};

/// Adds `groups` groups of some panels times a tile of `width` rows to sums[panels][stride][16]; `fresh` sums begin at
/// zero. Panels beside each other share what is read of the activations.
template <int width, int panels, class Weights>
void multiply_tile(const Weights* from, const ActivationGroup* a, std::size_t groups, bool fresh, float* sums,
                   std::size_t stride) {
  constexpr int parts = Weights::shape.parts;
  constexpr int offset = Weights::shape.offset;
  constexpr bool minima = Weights::shape.minima;
  constexpr int count = width * panels;  // sums, of a row for all panels together
  Weights w[panels];
  for (int p = 0; p < panels; ++p) w[p] = from[p];
  F32x16 y[count];
  const auto place = [&](int i) { return sums + (std::size_t(i % panels) * stride + std::size_t(i / panels)) * 16; };
  unrolled<count>([&](auto i)
                      __attribute__((always_inline)) { y[i.value] = fresh ? zero() : load(place(i.value)); });
  for (; groups > 0; --groups, a += width) {
    for (int p = 0; p < panels; ++p) w[p].prefetch();
    unrolled<parts>([&](auto which) __attribute__((always_inline)) {
      constexpr int part = decltype(which)::value;
      constexpr int run = parts == 1 ? 0 : 1 + part;  // of the activations' sums
      I32x16 sum[count];
      unrolled<count>([&](auto i) __attribute__((always_inline)) {
        sum[i.value] = start(offset, a[i.value / panels].minus_sum[run]);
      });
      unrolled<2 * steps / parts>([&](auto j) __attribute__((always_inline)) {
        constexpr int pair = part * steps + decltype(j)::value;
        Words words[panels];
        for (int p = 0; p < panels; ++p) words[p] = w[p].words(pair / 2, pair % 2);
        unrolled<count>([&](auto i) __attribute__((always_inline)) {
          sum[i.value] = dot(sum[i.value], words[i.value % panels], a[i.value / panels].q + 2 * pair);
        });
      });
      F32x16 scale[panels];
      for (int p = 0; p < panels; ++p) scale[p] = w[p].scale(part);
      unrolled<count>([&](auto i) __attribute__((always_inline)) {
        y[i.value] = multiply_add(to_float(sum[i.value]),
                                  multiply(scale[i.value % panels], broadcast(a[i.value / panels].scale)), y[i.value]);
      });
      if constexpr (minima) {
        for (int p = 0; p < panels; ++p) scale[p] = w[p].minimum(part);
        unrolled<count>([&](auto i) __attribute__((always_inline)) {
          y[i.value] = multiply_add(scale[i.value % panels], broadcast(a[i.value / panels].sum[run]), y[i.value]);
        });
      }
    });
    for (int p = 0; p < panels; ++p) w[p].next();
  }
  unrolled<count>([&](auto i) __attribute__((always_inline)) { store(place(i.value), y[i.value]); });
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
template <int panels, class Weights>
[[gnu::always_inline]] inline void multiply_tile(int width, const Weights* w, const ActivationGroup* a,
                                                 std::size_t groups, bool fresh, float* sums, std::size_t stride) {
  unrolled<widths>([&](auto i) __attribute__((always_inline)) {
    constexpr int each = tile_widths[decltype(i)::value];
    if (width == each) multiply_tile<each, panels>(w, a, groups, fresh, sums, stride);
  });
}

/// Writes `rows` rows of sums[panels][stride][16] to the outputs of some panels.
void write_out(const QuantisedTask& task, std::size_t panel, std::size_t panels, std::size_t row, std::size_t rows,
               const float* sums, std::size_t stride) {
  for (std::size_t i = 0; i < rows; ++i, sums += 16) {
    for (std::size_t p = 0; p < panels; ++p) {
      const float* from = sums + p * stride * 16;
      const std::size_t output = (panel + p) * panel_rows;
      const std::size_t count = task.outputs - output < panel_rows ? task.outputs - output : panel_rows;
      float* out = task.out + (row + i) * task.stride + output;
      if (count == panel_rows) {
        const F32x16 y = load(from);
        store(out, task.bias ? add(y, load(task.bias + output)) : y);
      } else {
        for (std::size_t j = 0; j < count; ++j) out[j] = task.bias ? from[j] + task.bias[output + j] : from[j];
      }
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
      const Packed<layout> w{task.panels + panel * panel_bytes};
      multiply_tile<1>(int(tile_width(rows)), &w, task.activations + row * task.groups, task.groups, true, sums, 0);
      write_out(task, panel, 1, row, rows, sums, 0);
    }
  }
}

/// Many rows: of some panels, as many groups at a time as fit in the caches beside the activations.
template <Layout layout>
void multiply_many(const QuantisedTask& task) noexcept {
  constexpr Shape shape = Packed<layout>::shape;
  constexpr LayoutBytes at{layout};
  constexpr std::size_t most_panels = 2, most_groups = 16, most_rows = 264;  // groups: of whole blocks
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
          const ActivationGroup* a = task.activations + r * task.groups + group * width;
          std::size_t p = 0;
          const auto multiply_panels = [&](auto together) {
            using Weights = std::conditional_t<unpack_levels, Unpacked<shape>, Packed<layout>>;
            Weights w[together.value];
            for (std::size_t i = 0; i < std::size_t(together.value); ++i) {
              if constexpr (unpack_levels) {
                w[i] = {unpacked[p + i]};
              } else {
                w[i] = packed(p + i);
              }
            }
            multiply_tile<together.value>(int(width), w, a, groups, group == 0, sums[p][r - row], most_rows);
          };
          for (; p + tile_panels <= panels; p += tile_panels) multiply_panels(Constant<tile_panels>{});
          if constexpr (tile_panels > 1) {
            for (; p < panels; ++p) multiply_panels(Constant<1>{});
          }
        }
      }
      write_out(task, panel, panels, row, last_row - row, sums[0][0], most_rows);
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
      ActivationGroup& a = out[group * width + row];
      if (row < rows) {
        quantise_group(x + row * stride + group * group_inputs, a);
        a.minus_sum[0] = a.minus_sum[1] + a.minus_sum[2];
        for (int run = 0; run < 3; ++run) a.sum[run] = a.scale * float(-a.minus_sum[run]);
      } else {
        __builtin_memset(&a, 0, sizeof a);
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
