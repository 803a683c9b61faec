// Products of packed integer weights and quantised activations, for every Layout. Included once an ISA, after its simd
// files.
#include <algorithm>
#include <type_traits>
#include <utility>

#include "kernels/quantised_layout.hpp"
#include "kernels/quantised_products.hpp"
#include "kernels/rounded_activations.inl"

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

/// The levels of each row that are multiplied at a time, and the activations: two of 16 bits, or four of 8.
template <class Integer>
using Levels = std::conditional_t<sizeof(Integer) == 1, Bytes, Words>;
/// What those products are summed in.
template <class Integer>
using Partial = std::conditional_t<sizeof(Integer) == 1, ByteSum, I32x16>;
/// Pieces with levels of `bits` that a Partial holds: in one of 16 bits two products of a piece, each at most
/// (2^bits - 1) 127.
template <class Integer>
constexpr int partial_pieces(int bits) {
  return std::is_same_v<Partial<Integer>, I32x16> ? 16 : bits <= 4 ? 8 : bits == 5 ? 4 : 2;
}

/// What the inner loop needs to know of a Layout; many have the same.
struct Shape {
  int bits;    ///< of a level
  int offset;  ///< subtracted from each level
  int parts;   ///< of a group with their own scale
  bool minima;
};

/// The weights of a group, straight from the panel.
template <Layout layout>
struct Packed {
  static constexpr Shape shape{layout.bits, layout.offset, layout.scale_inputs == 16 ? 2 : 1, layout.minima};
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
  [[gnu::always_inline]] Bytes bytes(int step) const {
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
  /// Levels 4 piece and the next three of each row; or 4 piece / 2 + piece % 2 and the next but one.
  template <class Integer>
  [[gnu::always_inline]] Levels<Integer> piece(int i) const {
    if constexpr (sizeof(Integer) == 1) {
      return bytes(i);
    } else if constexpr (layout.bits == 16) {
      return load_words(block + at.levels + i * 64);
    } else {
      return widen(bytes(i / 2), i % 2, layout.bits == 8 || layout.codebook);
    }
  }
  /// The integers from byte `from` of the block on that belong to a part of the group.
  [[gnu::always_inline]] F32x16 integers(int from, int part, bool upper) const {
    const std::byte* p = block + from + (group * shape.parts + part) * panel_rows;
    return at.nibbles ? load_nibbles(p, upper) : load_int8(reinterpret_cast<const std::int8_t*>(p));
  }
  [[gnu::always_inline]] F32x16 scale(int part) const {
    const auto* halves = reinterpret_cast<const std::uint16_t*>(block);
    const F32x16 d = layout.bits == 16 ? load_bfloat(halves) : load_half(halves);
    return layout.scale_inputs ? multiply(d, integers(at.scales, part, false)) : d;
  }
  [[gnu::always_inline]] F32x16 minimum(int part) const {
    const F32x16 m = load_half(reinterpret_cast<const std::uint16_t*>(block + 32));
    return layout.scale_inputs ? multiply(m, integers(at.nibbles ? at.scales : at.minima, part, true)) : m;
  }
};

/// The same unpacked, for products with many rows. Words have their offset subtracted. Only what the shape has is set.
template <class Integer>
struct alignas(64) UnpackedGroup {
  Levels<Integer> pieces[steps * sizeof(Integer)];
  float scale[2][16];
  float minimum[2][16];
};

template <class Integer, Layout layout>
void unpack_group(const Packed<layout>& w, UnpackedGroup<Integer>& out) {
  unrolled<steps * sizeof(Integer)>([&](auto i) __attribute__((always_inline)) {
    const auto piece = w.template piece<Integer>(i.value);
    if constexpr (sizeof(Integer) == 2 && layout.offset) {
      out.pieces[i.value] = subtract(piece, layout.offset);
    } else {
      out.pieces[i.value] = piece;
    }
  });
  for (int part = 0; part < w.shape.parts; ++part) {
    store(out.scale[part], w.scale(part));
    if constexpr (layout.minima) store(out.minimum[part], w.minimum(part));
  }
}

template <class Type, Shape packed>
struct Unpacked {
  static constexpr Shape shape{packed.bits, sizeof(Type) == 2 ? 0 : packed.offset, packed.parts, packed.minima};
  const UnpackedGroup<Type>* group;

  [[gnu::always_inline]] void next() { ++group; }
  [[gnu::always_inline]] void prefetch() const {}
  template <class Integer>
  [[gnu::always_inline]] Levels<Integer> piece(int i) const {
    return group->pieces[i];
  }
  [[gnu::always_inline]] F32x16 scale(int part) const { return load(group->scale[part]); }
  [[gnu::always_inline]] F32x16 minimum(int part) const { return load(group->minimum[part]); }
};

/// Activations of a tile from some group on, and where their rests lie.
template <class Integer>
struct Tile {
  const ActivationGroup<Integer>* groups;
  std::size_t to_rests;

  Tile(const void* activations, std::size_t row, std::size_t width, std::size_t group, std::size_t all_groups)
      : groups(static_cast<const ActivationGroup<Integer>*>(activations) + tile_parts<Integer> * row * all_groups +
               group * width),
        to_rests(all_groups * width) {}
};

/// Adds a group of some panels times a tile of `width` rows to y[row][panel]. Panels beside each other share what is
/// read of the activations.
template <int width, int panels, class Integer, class Weights>
[[gnu::always_inline]] inline void multiply_group(const Weights* w, const ActivationGroup<Integer>* a, F32x16* y) {
  constexpr int parts = Weights::shape.parts;
  constexpr int offset = Weights::shape.offset;
  constexpr bool minima = Weights::shape.minima;
  constexpr int count = width * panels;
  constexpr int pieces = steps * int(sizeof(Integer)) / parts;
  constexpr int each = 4 / int(sizeof(Integer));  // activations of a piece
  constexpr int run_pieces = std::min(pieces, partial_pieces<Integer>(Weights::shape.bits));
  constexpr bool whole = std::is_same_v<Partial<Integer>, I32x16>;  // else added to 32 bits behind each run
  unrolled<parts>([&](auto which) __attribute__((always_inline)) {
    constexpr int part = decltype(which)::value;
    constexpr int of = parts == 1 ? 0 : 1 + part;  // the activations' sums
    I32x16 sum[count];
    unrolled<pieces / run_pieces>([&](auto which_run) __attribute__((always_inline)) {
      const auto before = [&](int i) __attribute__((always_inline)) {
        return which_run.value == 0 ? start(offset, a[i / panels].minus_sum[of]) : sum[i];
      };
      Partial<Integer> partial[count] = {};
      if constexpr (whole) {
        unrolled<count>([&](auto i) __attribute__((always_inline)) { partial[i.value] = before(i.value); });
      }
      unrolled<run_pieces>([&](auto j) __attribute__((always_inline)) {
        constexpr int piece = part * pieces + decltype(which_run)::value * run_pieces + decltype(j)::value;
        Levels<Integer> levels[panels];
        for (int p = 0; p < panels; ++p) levels[p] = w[p].template piece<Integer>(piece);
        unrolled<count>([&](auto i) __attribute__((always_inline)) {
          partial[i.value] = dot(partial[i.value], levels[i.value % panels], a[i.value / panels].q + each * piece);
        });
      });
      unrolled<count>([&](auto i) __attribute__((always_inline)) {
        if constexpr (whole) {
          sum[i.value] = partial[i.value];
        } else {
          sum[i.value] = add(before(i.value), partial[i.value]);
        }
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
        y[i.value] = multiply_add(scale[i.value % panels], broadcast(a[i.value / panels].sum[of]), y[i.value]);
      });
    }
  });
}

/// The same for a rest, which is seldom: kept out of the loop, whose registers it would cost.
template <int width, int panels, class Integer, class Weights>
[[gnu::noinline]] void multiply_rest(const Weights* w, const ActivationGroup<Integer>* a, F32x16* y) {
  multiply_group<width, panels>(w, a, y);
}

/// Sums of a row and of the panels that are multiplied beside each other.
using Sums = float[panel_block][16];

/// Adds `groups` groups to the sums at `before`, or null for zeros, and stores them at `after`; both begin at the first
/// row's first panel.
template <int width, int panels, class Integer, class Weights>
void multiply_tile(const Weights* from, Tile<Integer> rows, std::size_t groups, const float* before, float* after) {
  constexpr int count = width * panels;
  const auto place = [](int i) { return (i / panels * int(panel_block) + i % panels) * 16; };
  Weights w[panels];
  for (int p = 0; p < panels; ++p) w[p] = from[p];
  F32x16 y[count];
  unrolled<count>([&](auto i)
                      __attribute__((always_inline)) { y[i.value] = before ? load(before + place(i.value)) : zero(); });
  for (; groups > 0; --groups, rows.groups += width) {
    for (int p = 0; p < panels; ++p) w[p].prefetch();
    multiply_group<width, panels>(w, rows.groups, y);
    if constexpr (tile_parts<Integer> > 1) {
      if (rows.groups->has_rest) [[unlikely]] {
        F32x16 with_rest[count];
        unrolled<count>([&](auto i) __attribute__((always_inline)) { with_rest[i.value] = y[i.value]; });
        multiply_rest<width, panels>(w, rows.groups + rows.to_rests, with_rest);
        unrolled<count>([&](auto i) __attribute__((always_inline)) { y[i.value] = with_rest[i.value]; });
      }
    }
    for (int p = 0; p < panels; ++p) w[p].next();
  }
  unrolled<count>([&](auto i) __attribute__((always_inline)) { store(after + place(i.value), y[i.value]); });
}

/// multiply_tile with the width as a number.
template <int panels, class Integer, class Weights>
[[gnu::always_inline]] inline void multiply_tile(int width, const Weights* w, Tile<Integer> rows, std::size_t groups,
                                                 const float* before, float* after) {
  unrolled<widths>([&](auto i) __attribute__((always_inline)) {
    constexpr int each = tile_widths[decltype(i)::value];
    if (width == each) multiply_tile<each, panels>(w, rows, groups, before, after);
  });
}

/// Writes the sums of a tile's first `rows` rows to the outputs of some panels.
void write_out(const QuantisedTask& task, std::size_t panel, std::size_t panels, std::size_t row, std::size_t rows,
               const Sums* sums) {
  for (std::size_t p = 0; p < panels; ++p) {
    const std::size_t output = (panel + p) * panel_rows;
    const std::size_t count = task.outputs - output < panel_rows ? task.outputs - output : panel_rows;
    const F32x16 bias = task.bias ? load_partial(task.bias + output, count) : zero();
    float* out = task.out + row * task.stride + output;
    for (std::size_t i = 0; i < rows; ++i, out += task.stride) {
      const F32x16 y = load(sums[i][p]);
      const F32x16 result = task.bias ? add(y, bias) : y;
      count == panel_rows ? store(out, result) : store_partial(out, result, count);
    }
  }
}

/// Few rows: levels are unpacked in registers, for each tile anew.
template <class Integer, Layout layout>
void multiply_few(const QuantisedTask& task) noexcept {
  const std::size_t panel_bytes = task.groups / LayoutBytes(layout).block_groups * LayoutBytes(layout).block;
  const std::byte* const begin = task.panels + task.first_panel * panel_bytes;
  for (int i = 0; i < prefetch_bytes; i += 64) __builtin_prefetch(begin + i);
  alignas(64) Sums sums[tile];
  for (std::size_t panel = task.first_panel; panel < task.last_panel; ++panel) {
    for (std::size_t row = task.first_row; row < task.last_row; row += tile) {
      const std::size_t rows = task.last_row - row < tile ? task.last_row - row : tile;
      const Packed<layout> w{task.panels + panel * panel_bytes};
      const std::size_t width = tile_width(rows);
      const Tile<Integer> a(task.activations, row, width, 0, task.groups);
      multiply_tile<1>(int(width), &w, a, task.groups, nullptr, sums[0][0]);
      write_out(task, panel, 1, row, rows, sums);
    }
  }
}

/// Many rows: of some panels, as many groups at a time as fit in the caches beside the activations.
template <class Integer, Layout layout>
void multiply_many(const QuantisedTask& task) noexcept {
  constexpr Shape shape = Packed<layout>::shape;
  constexpr LayoutBytes at{layout};
  constexpr std::size_t most_groups = 18 / at.block_groups * at.block_groups;  // whole blocks
  const std::size_t panel_bytes = task.groups / at.block_groups * at.block;
  const std::size_t chunks = (task.groups + most_groups - 1) / most_groups;
  const std::size_t chunk =
      ((task.groups + chunks - 1) / chunks + at.block_groups - 1) / at.block_groups * at.block_groups;
  UnpackedGroup<Integer> unpacked[unpack_levels ? panel_block : 1][most_groups];
  alignas(64) Sums sums[row_block], results[tile];
  for (std::size_t row = task.first_row; row < task.last_row; row += row_block) {
    const std::size_t last_row = row + row_block < task.last_row ? row + row_block : task.last_row;
    for (std::size_t panel = task.first_panel; panel < task.last_panel; panel += panel_block) {
      const std::size_t panels = task.last_panel - panel < panel_block ? task.last_panel - panel : panel_block;
      for (std::size_t group = 0; group < task.groups; group += chunk) {
        const bool last = task.groups - group <= chunk;
        const std::size_t groups = last ? task.groups - group : chunk;
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
          const std::size_t rows = last_row - r < tile ? last_row - r : tile;
          const std::size_t width = tile_width(rows);
          const Tile<Integer> a(task.activations, r, width, group, task.groups);
          std::size_t p = 0;
          const auto multiply_panels = [&](auto together) {
            using Weights = std::conditional_t<unpack_levels, Unpacked<Integer, shape>, Packed<layout>>;
            Weights w[together.value];
            for (std::size_t i = 0; i < std::size_t(together.value); ++i) {
              if constexpr (unpack_levels) {
                w[i] = {unpacked[p + i]};
              } else {
                w[i] = packed(p + i);
              }
            }
            multiply_tile<together.value>(int(width), w, a, groups, group == 0 ? nullptr : sums[r - row][p],
                                          last ? results[0][p] : sums[r - row][p]);
          };
          for (; p + tile_panels <= panels; p += tile_panels) multiply_panels(Constant<tile_panels>{});
          if constexpr (tile_panels > 1) {
            for (; p < panels; ++p) multiply_panels(Constant<1>{});
          }
          if (last) write_out(task, panel, panels, r, rows, results);
        }
      }
    }
  }
}

template <class Integer, Layout layout>
void multiply(const QuantisedTask& task) noexcept {
  if (task.last_row - task.first_row <= 8 * tile) {
    multiply_few<Integer, layout>(task);
  } else {
    multiply_many<Integer, layout>(task);
  }
}

constexpr bool has_product(Rounding rounding, const Layout& layout) {
  if (layout.bits == 16) return rounding == Rounding::middle;
  if (layout.bits == 8 || layout.codebook) return rounding == Rounding::fine;
  return rounding != Rounding::middle;
}

template <Rounding rounding, Layout layout>
constexpr auto multiply_if_exact() {
  using Kernel = void (*)(const QuantisedTask&) noexcept;
  if constexpr (has_product(rounding, layout)) {
    return Kernel{multiply<RoundedTo<rounding>, layout>};
  } else {
    return Kernel{};
  }
}

template <Rounding rounding, Layout... layout>
constexpr RoundedKernels kernels_of() {
  using Integer = RoundedTo<rounding>;
  return {tile_parts<Integer> * sizeof(ActivationGroup<Integer>),
          quantise<rounding>,
          {nullptr, nullptr, nullptr, multiply_if_exact<rounding, layout>()...}};
}

template <Rounding rounding>
constexpr RoundedKernels rounded = kernels_of<rounding, layouts::q4_0, layouts::q4_1, layouts::q5_0, layouts::q5_1,
                                              layouts::q8_0, layouts::q2_k, layouts::q3_k, layouts::q4_k, layouts::q5_k,
                                              layouts::q6_k, layouts::iq4_nl, layouts::iq4_xs, layouts::block_float>();

}  // namespace integer
}  // namespace

extern const QuantisedKernels quantised;
const QuantisedKernels quantised{
    integer::tile,
    integer::tile_width,
    {integer::rounded<Rounding::coarse>, integer::rounded<Rounding::middle>, integer::rounded<Rounding::fine>}};

}  // namespace ondol::ISA
