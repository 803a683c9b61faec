#include "kernels/pack.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "base/half.hpp"
#include "formats/values.hpp"
#include "kernels/block_float.hpp"
#include "kernels/pack_levels.hpp"

namespace ondol {
namespace {

template <class T>
T load(const void* p) {
  T x;
  std::memcpy(&x, p, sizeof x);
  return x;
}

template <class T>
void store(void* p, T x) {
  std::memcpy(p, &x, sizeof x);
}

/// The lowest `bits` bits of each of four bytes.
constexpr std::uint32_t low_bits(int bits) { return ((1u << bits) - 1u) * 0x01010101u; }

/// A row's part of a plane of `bits` bits: the levels' bits from `from` up.
template <int bits>
void pack_plane(const std::uint8_t* q, int from, std::byte* out) {
  constexpr int each = 8 / bits;
  for (int vector = 0; vector < bits; ++vector, out += 64) {
    std::uint32_t word = 0;
    for (int j = 0; j < each; ++j, q += 4) word |= (load<std::uint32_t>(q) >> from & low_bits(bits)) << bits * j;
    store(out, word);
  }
}

template <int bits>
void unpack_plane(const std::byte* in, int from, std::uint8_t* q) {
  constexpr int each = 8 / bits;
  for (int vector = 0; vector < bits; ++vector, in += 64) {
    const auto word = load<std::uint32_t>(in);
    for (int j = 0; j < each; ++j, q += 4) {
      store(q, load<std::uint32_t>(q) | (word >> bits * j & low_bits(bits)) << from);
    }
  }
}

using PackPlane = void (*)(const std::uint8_t*, int, std::byte*);
using UnpackPlane = void (*)(const std::byte*, int, std::uint8_t*);
constexpr PackPlane pack_planes[9] = {nullptr, pack_plane<1>, pack_plane<2>, nullptr,      pack_plane<4>,
                                      nullptr, nullptr,       nullptr,       pack_plane<8>};
constexpr UnpackPlane unpack_planes[9] = {nullptr, unpack_plane<1>, unpack_plane<2>, nullptr,        unpack_plane<4>,
                                          nullptr, nullptr,         nullptr,         unpack_plane<8>};

/// One row's part of a block.
void pack_block(const Layout& layout, const LayoutBytes& at, const Levels& in, int row, std::byte* out) {
  store(out + 2 * row, in.d);
  if (layout.minima) store(out + 32 + 2 * row, in.m);
  if (layout.scale_inputs) {
    for (int i = 0; i < layout.inputs / layout.scale_inputs; ++i) {
      const int minimum = at.nibbles ? in.minimum[i] << 4 : 0;
      out[at.scales + panel_rows * i + row] = static_cast<std::byte>(in.scale[i] | minimum);
      if (at.minima < at.levels) out[at.minima + panel_rows * i + row] = static_cast<std::byte>(in.minimum[i]);
    }
  }
  for (int group = 0; group < at.block_groups; ++group) {
    const std::uint8_t* q = in.q + group_inputs * group;
    std::byte* planes = out + at.levels + at.group * group + 4 * row;
    pack_planes[at.low_bits](q, 0, planes);
    if (at.high_bits) pack_planes[at.high_bits](q, at.low_bits, planes + 64 * at.low_bits);
  }
}

/// The reverse of pack_block.
void unpack_block(const Layout& layout, const LayoutBytes& at, const std::byte* in, int row, Levels& out) {
  out = Levels{};
  out.d = load<std::uint16_t>(in + 2 * row);
  if (layout.minima) out.m = load<std::uint16_t>(in + 32 + 2 * row);
  if (layout.scale_inputs) {
    for (int i = 0; i < layout.inputs / layout.scale_inputs; ++i) {
      const auto scale = std::to_integer<std::uint8_t>(in[at.scales + panel_rows * i + row]);
      out.scale[i] = at.nibbles ? scale & 15 : scale;
      if (at.nibbles) out.minimum[i] = scale >> 4;
      if (at.minima < at.levels) out.minimum[i] = std::to_integer<std::uint8_t>(in[at.minima + panel_rows * i + row]);
    }
  }
  for (int group = 0; group < at.block_groups; ++group) {
    std::uint8_t* q = out.q + group_inputs * group;
    const std::byte* planes = in + at.levels + at.group * group + 4 * row;
    unpack_planes[at.low_bits](planes, 0, q);
    if (at.high_bits) unpack_planes[at.high_bits](planes + 64 * at.low_bits, at.low_bits, q);
  }
}

/// The values of a block, in the formats' own order of operations.
void values_of(const Layout& layout, const Levels& in, float* out) {
  static constexpr Codebook codebook{};
  const float d = half_to_float(in.d);
  const float m = half_to_float(in.m);
  const int run = layout.scale_inputs ? layout.scale_inputs : layout.inputs;
  for (int i = 0; i < layout.inputs / run; ++i) {
    const float scale = layout.scale_inputs ? d * static_cast<float>(static_cast<std::int8_t>(in.scale[i])) : d;
    const float minimum = layout.scale_inputs ? m * static_cast<float>(in.minimum[i]) : m;
    for (int j = i * run; j < (i + 1) * run; ++j) {
      const int level = layout.codebook    ? static_cast<std::int8_t>(codebook.level[in.q[j]])
                        : layout.bits == 8 ? static_cast<std::int8_t>(in.q[j])
                                           : in.q[j] - layout.offset;
      out[j] = scale * static_cast<float>(level);
      if (layout.minima) out[j] += minimum;
    }
  }
}

}  // namespace

const Layout* find_layout(Product product) noexcept {
  using namespace layouts;
  static constexpr const Layout* table[] = {nullptr, nullptr, nullptr, &q4_0, &q4_1, &q5_0,   &q5_1,   &q8_0,
                                            &q2_k,   &q3_k,   &q4_k,   &q5_k, &q6_k, &iq4_nl, &iq4_xs, &block_float};
  const auto i = static_cast<std::size_t>(product);
  return i < std::size(table) ? table[i] : nullptr;
}

std::uint64_t panel_bytes(const Layout& layout, std::uint64_t columns) noexcept {
  return columns / static_cast<std::uint64_t>(layout.inputs) * static_cast<std::uint64_t>(LayoutBytes(layout).block);
}

namespace {

/// Blocks of a row in the product's own format, a few at a time.
class OwnBlocks {
 public:
  explicit OwnBlocks(const Format& from) : from_(from), own_(own_format(from.product)) {}

  /// Calls use(block) for the `blocks` blocks of the own format that hold the row at `in`.
  template <class Use>
  void each(const std::byte* in, std::uint64_t blocks, Use&& use) {
    if (&from_ == &own_) {
      for (; blocks > 0; --blocks, in += own_.bytes) use(in);
      return;
    }
    const std::uint64_t together = std::max(from_.weights, own_.weights) / own_.weights;
    for (; blocks > 0; blocks -= together) {
      convert(in, together);
      in += together * own_.weights / from_.weights * from_.bytes;
      for (std::uint64_t i = 0; i < together; ++i) use(made_ + i * own_.bytes);
    }
  }

 private:
  void convert(const std::byte* in, std::uint64_t together) noexcept {
    float values[256];
    from_.unpack(in, values, together * own_.weights / from_.weights);
    pack_values(from_.product, values, made_, together);
  }

  const Format& from_;
  const Format& own_;
  std::byte made_[8 * 34];  // 256 weights in Q8_0
};

}  // namespace

void pack_panel(const Layout& layout, const WeightView& weights, std::uint64_t panel, std::byte* out,
                const Kernels& kernels) noexcept {
  if (layout == layouts::block_float) return pack_block_floats(weights, panel, out, kernels);
  const LayoutBytes at(layout);
  const ReadLevels read = find_read_levels(weights.format->product);
  const std::uint64_t blocks = weights.columns / static_cast<std::uint64_t>(layout.inputs);
  OwnBlocks own(*weights.format);
  for (int row = 0; row < panel_rows; ++row) {
    const std::uint64_t from = panel * panel_rows + static_cast<std::uint64_t>(row);
    Levels levels;
    std::byte* to = out;
    const auto put = [&] {
      pack_block(layout, at, levels, row, to);
      to += at.block;
    };
    if (from < weights.rows) {
      own.each(weights.row(from), blocks, [&](const std::byte* block) {
        read(block, levels);
        put();
      });
    } else {
      for (std::uint64_t i = 0; i < blocks; ++i) put();
    }
  }
}

void unpack_panel_row(const Layout& layout, const std::byte* panel, int row, std::uint64_t columns,
                      float* out) noexcept {
  if (layout == layouts::block_float) return unpack_block_floats(layout, panel, row, columns, out);
  const LayoutBytes at(layout);
  Levels levels;
  for (std::uint64_t column = 0; column < columns; column += static_cast<std::uint64_t>(layout.inputs)) {
    unpack_block(layout, at, panel, row, levels);
    values_of(layout, levels, out + column);
    panel += at.block;
  }
}

}  // namespace ondol
