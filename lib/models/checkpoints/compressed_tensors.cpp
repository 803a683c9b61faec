// compressed-tensors (vLLM, llm-compressor): "pack-quantized" (weight_packed [out, in / n] of 32-bit words, values offset by
// half their range), "int-quantized" and "float-quantized" (weight in int8 or float8), each with weight_scale for all, for
// each output, for groups of inputs or for blocks, and perhaps zero points.
#include <fmt/format.h>

#include <algorithm>

#include "models/checkpoints/checkpoint.hpp"

namespace ondol {
namespace {

/// num_bits of the weights; the groups of a config may not differ.
std::int64_t bits_of(const Checkpoint& c) {
  std::int64_t bits = 4;
  if (const Json* groups = c.scheme().find("config_groups")) {
    for (const auto& [name, group] : groups->members()) {
      const Json* weights = group.find("weights");
      const Json* n = weights ? weights->find("num_bits") : nullptr;
      if (n) bits = n->as_int64().value_or(0);
    }
  }
  return bits;
}

/// weight_scale as a grid of factors over [out, in].
struct Grid {
  Grid(Checkpoint& c, const std::string& name, const TensorView& scales, std::uint64_t out, std::uint64_t in)
      : values(floats_of(scales)), columns(scales.shape.size() > 1 ? scales.shape[0] : 1) {
    const std::uint64_t rows = values.size() / columns;
    if (out % rows != 0 || in % columns != 0) {
      c.refuse(name, fmt::format("[{}, {}] factors for a matrix [{}, {}]", rows, columns, out, in));
    }
    height = out / rows;
    width = in / columns;
  }
  [[nodiscard]] float at(std::uint64_t o, std::uint64_t i) const { return values[o / height * columns + i / width]; }

  std::vector<float> values;
  std::uint64_t columns, height = 1, width = 1;
};

void merge_packed(Checkpoint& c, const std::string& stem, std::uint64_t bits) {
  const std::uint64_t each = 32 / bits;
  const TensorView shape = c.take(stem + ".weight_shape", {"I64", "I32"}, {2});
  const TensorView packed = c.take(stem + ".weight_packed", {"I32"}, {-1, -1});
  const auto words_of_shape = words_of(shape);
  const std::uint64_t in = words_of_shape[shape.type == "I64" ? 2 : 1];
  const std::uint64_t out = packed.shape[1];
  if (in == 0 || (in + each - 1) / each != packed.shape[0] || words_of_shape[0] != out) {
    c.refuse(stem + ".weight_packed", fmt::format("[{}, {}] words for [{}, {}] values of {} bits", out, packed.shape[0],
                                                  words_of_shape[0], in, bits));
  }
  const TensorView scales = c.take_any(stem + ".weight_scale", {"F16", "BF16", "F32"});
  const Grid grid(c, stem + ".weight_scale", scales, out, in);
  std::vector<std::uint32_t> zeros;
  const std::uint64_t groups = in / grid.width;
  if (c.has(stem + ".weight_zero_point")) {
    const TensorView packed_zeros =
        c.take(stem + ".weight_zero_point", {"I32"}, {std::int64_t((out + each - 1) / each), std::int64_t(groups)});
    zeros = words_of(packed_zeros);
  }
  std::vector<std::uint32_t> group_of;
  if (c.has(stem + ".weight_g_idx")) {
    group_of = words_of(c.take(stem + ".weight_g_idx", {"I32"}, {std::int64_t(in)}));
    for (const std::uint32_t g : group_of) {
      if (g >= groups) c.refuse(stem + ".weight_g_idx", fmt::format("group {}, there are {}", g, groups));
    }
  }
  const bool grouped = bits <= 4 && group_of.empty() && grid.width % 32 == 0;
  c.put(stem + ".weight", out, in, grouped ? 4 : 8, {packed, scales}, [=](float* to) {
    const auto words = words_of(packed);
    const std::uint32_t mask = bits == 32 ? ~0u : (1u << bits) - 1;
    const auto half = static_cast<float>(1u << (bits - 1));
    for (std::uint64_t o = 0; o < out; ++o) {
      for (std::uint64_t i = 0; i < in; ++i) {
        const std::uint64_t g = group_of.empty() ? i / grid.width : group_of[i];
        const std::uint32_t q = words[o * packed.shape[0] + i / each] >> i % each * bits & mask;
        const float zero = zeros.empty() ? half : static_cast<float>(zeros[o / each * groups + g] >> o % each * bits & mask);
        to[o * in + i] = (static_cast<float>(q) - zero) * grid.at(o, g * grid.width);
      }
    }
  });
}

void merge_plain(Checkpoint& c, const std::string& stem) {
  const TensorView weight = c.take(stem + ".weight", {"I8", "F8_E4M3", "F8_E5M2"}, {-1, -1});
  const std::uint64_t out = weight.shape[1];
  const std::uint64_t in = weight.shape[0];
  const TensorView scales = c.take_any(stem + ".weight_scale", {"F16", "BF16", "F32"});
  const Grid grid(c, stem + ".weight_scale", scales, out, in);
  std::vector<float> zeros;
  if (c.has(stem + ".weight_zero_point")) {
    zeros = floats_of(c.take_any(stem + ".weight_zero_point", {"I8"}));
    if (zeros.size() != grid.values.size()) c.refuse(stem + ".weight_zero_point", "as many zeros as factors are expected");
  }
  c.drop(stem + ".input_scale");
  c.put(stem + ".weight", out, in, 8, {weight, scales}, [=](float* to) {
    weight.format->unpack(weight.bytes.data(), to, out * in);
    for (std::uint64_t o = 0; o < out; ++o) {
      for (std::uint64_t i = 0; i < in; ++i) {
        const float zero = zeros.empty() ? 0 : zeros[o / grid.height * grid.columns + i / grid.width];
        to[o * in + i] = (to[o * in + i] - zero) * grid.at(o, i);
      }
    }
  });
}

}  // namespace

void merge_compressed_tensors(Checkpoint& c) {
  const std::int64_t bits = bits_of(c);
  for (const std::string& stem : c.stems(".weight_packed")) {
    if (bits != 2 && bits != 4 && bits != 8) {
      c.refuse(stem + ".weight_packed", fmt::format("{} bits, expected 2, 4 or 8", bits));
    }
    merge_packed(c, stem, static_cast<std::uint64_t>(bits));
  }
  for (const std::string& stem : c.stems(".weight_scale")) merge_plain(c, stem);
}

}  // namespace ondol
