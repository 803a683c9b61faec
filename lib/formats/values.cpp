#include "formats/values.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/half.hpp"
#include "formats/block.hpp"
#include "formats/rows.hpp"

namespace ondol {
namespace storage {
namespace {

using Values = std::array<float, 32>;

struct Block {
  std::byte values[sizeof(Values)];
};

void unpack(const Block& b, float* out) { std::memcpy(out, b.values, sizeof b.values); }

/// value = first + step * level, level 0 .. most.
struct Grid {
  float first;
  float step;

  [[nodiscard]] float level(float value) const { return std::round((value - first) / step); }
};

/// The coarsest grid on which all values lie; `anchored`: the levels are -128 .. 127 and 0 is one of them.
std::optional<Grid> grid_of(const Values& values, int most, bool anchored) {
  Values sorted = values;
  std::ranges::sort(sorted);
  const float range = sorted[31] - sorted[0];
  if (!(range > 0) || !std::isfinite(range)) return std::nullopt;
  float gap = range;
  for (int i = 1; i < 32; ++i) {
    const float d = sorted[i] - sorted[i - 1];
    if (d > range * 1e-4f) gap = std::min(gap, d);
  }
  // Levels may lie some apart: the step is the smallest gap or a part of it.
  for (int part = 1; part <= 48; ++part) {
    const float levels = std::round(range * static_cast<float>(part) / gap);
    if (levels > static_cast<float>(most)) break;
    const float step = range / levels;
    const float first = anchored ? 0.0f : sorted[0];
    const bool all = std::ranges::all_of(sorted, [&](float v) {
      const float level = (v - first) / step;
      return std::fabs(level - std::round(level)) < 0.02f && (!anchored || (level > -128.5f && level < 127.5f));
    });
    if (all) return Grid{first, step};
  }
  return std::nullopt;
}

void to_q4_1(const Values& values, std::byte* out) {
  struct {
    std::uint16_t d, m;
    std::uint8_t q[16];
  } b{};
  const auto grid = grid_of(values, 15, false);
  if (!grid) return q4_1.pack(values.data(), nullptr, out, 1);
  b.d = float_to_half(grid->step);
  b.m = float_to_half(grid->first);
  for (std::size_t j = 0; j < 16; ++j) {
    const auto low = static_cast<unsigned>(grid->level(values[j]));
    b.q[j] = static_cast<std::uint8_t>(low | static_cast<unsigned>(grid->level(values[j + 16])) << 4);
  }
  static_assert(sizeof b == 20);
  std::memcpy(out, &b, sizeof b);
}

void to_q8_0(const Values& values, std::byte* out) {
  struct {
    std::uint16_t d;
    std::int8_t q[32];
  } b{};
  const auto grid = grid_of(values, 255, true);
  if (!grid) return q8_0.pack(values.data(), nullptr, out, 1);
  b.d = float_to_half(grid->step);
  for (std::size_t j = 0; j < 32; ++j) b.q[j] = static_cast<std::int8_t>(grid->level(values[j]));
  static_assert(sizeof b == 34);
  std::memcpy(out, &b, sizeof b);
}

constexpr Format values_of(std::string_view name, Product product) {
  return {.name = name,
          .gguf_id = no_gguf_id,
          .weights = 32,
          .bytes = sizeof(Block),
          .unpack = unpack_all<Block, 32, unpack>,
          .pack = nullptr,
          .product = product};
}
constinit const Format values4 = values_of("values of 4 bits", Product::q4_1);
constinit const Format values8 = values_of("values of 8 bits", Product::q8_0);

}  // namespace
}  // namespace storage

const Format& values_format(int bits) noexcept { return bits == 4 ? storage::values4 : storage::values8; }

void pack_values(Product product, const float* in, std::byte* out, std::size_t blocks) noexcept {
  const auto pack = product == Product::q4_1 ? storage::to_q4_1 : storage::to_q8_0;
  const std::uint32_t bytes = own_format(product).bytes;
  for (; blocks > 0; --blocks, in += 32, out += bytes) {
    storage::Values values;
    std::copy_n(in, 32, values.data());
    pack(values, out);
  }
}

}  // namespace ondol
