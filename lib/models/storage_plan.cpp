#include "models/storage_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/fail.hpp"

namespace ondol {
namespace {

/// A mixture: most tensors in `base`; the output matrix, and attention's values and the feed-forward block's way down in
/// the layers where errors count most, in `better`. The numbers are llama.cpp's llama_ftype.
struct Type {
  std::string_view name;
  std::string_view base;
  std::string_view better;
  std::uint32_t file_type;
};
constexpr Type types_of_files[] = {
    {"f32", "F32", "", 0},           {"f16", "F16", "", 1},         {"bf16", "BF16", "", 32},
    {"q4_0", "Q4_0", "", 2},         {"q4_1", "Q4_1", "", 3},       {"q5_0", "Q5_0", "", 8},
    {"q5_1", "Q5_1", "", 9},         {"q8_0", "Q8_0", "", 7},       {"q2_k", "Q2_K", "", 10},
    {"q3_k", "Q3_K", "", 12},        {"q4_k", "Q4_K", "", 14},      {"q4_k_m", "Q4_K", "Q6_K", 15},
    {"q5_k", "Q5_K", "", 16},        {"q5_k_m", "Q5_K", "Q6_K", 17}, {"q6_k", "Q6_K", "", 18},
    {"iq4_nl", "IQ4_NL", "", 25},    {"iq4_xs", "IQ4_XS", "", 30},
};

bool stays_float32(const Weight& weight) {
  if (weight.shape.size() == 1) return true;
  static constexpr std::string_view parts[] = {"_norm", "norm_", "norm.", "gate_inp", "conv1d", "conv.conv", "ssm_a", "ssm_d",
                                               "position", "token_types", "rel_b", "sinks"};
  return std::ranges::any_of(parts, [&](std::string_view part) { return weight.name.find(part) != std::string::npos; });
}

std::uint64_t layer_of(std::string_view name) {
  std::uint64_t layer = 0;
  if (name.starts_with("blk.")) std::from_chars(name.data() + 4, name.data() + name.size(), layer);
  return layer;
}

}  // namespace

std::vector<std::string> StoragePlan::types() {
  std::vector<std::string> names;
  for (const Type& type : types_of_files) names.emplace_back(type.name);
  return names;
}

StoragePlan::StoragePlan(std::string_view name, const std::vector<Weight>& weights) {
  for (const Weight& weight : weights) layers_ = std::max(layers_, layer_of(weight.name) + 1);
  only_float_ = name == "float";
  if (name.empty() || only_float_) return;
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  const auto* type = std::ranges::find(types_of_files, lower, &Type::name);
  if (type == std::end(types_of_files)) {
    fail(Status::invalid_argument, fmt::format("type: '{}' is not known; known are {}", name, fmt::join(types(), ", ")));
  }
  base_ = find_format(type->base);
  better_ = type->better.empty() ? base_ : find_format(type->better);
  file_type_ = type->file_type;
}

const Format& StoragePlan::format_for(const Weight& weight) const {
  const Format& own = *weight.format;
  static const Format& f32 = *find_format("F32");
  static const Format& f16 = *find_format("F16");
  if (!base_) return only_float_ && own.weights > 1 ? f16 : own;
  if (stays_float32(weight)) return own.weights > 1 ? own : f32;
  const std::string& name = weight.name;
  const std::uint64_t layer = layer_of(name);
  const bool outer = layer < layers_ / 8 || layer >= 7 * layers_ / 8 || (layer - layers_ / 8) % 3 == 2;
  const bool counts = name == "output.weight" || (outer && (name.find("attn_v.") != name.npos ||
                                                            name.find("ffn_down.") != name.npos));
  const Format& wanted = counts ? *better_ : *base_;
  return weight.columns() % wanted.weights == 0 ? wanted : f16;
}

void stored(const Weight& weight, const Format& format, ThreadPool& pool,
            const std::function<void(std::span<const std::byte>)>& put) {
  const std::uint64_t columns = weight.columns();
  const std::uint64_t each = weight.rows() / weight.parts.size();
  const std::uint64_t to_bytes = columns / format.weights * format.bytes;
  for (std::uint64_t first = 0; first < weight.rows(); first += each) {
    weight.read_rows(first, each, [&](std::span<const std::byte> bytes) {
      if (&format == weight.format) return put(bytes);
      std::vector<std::byte> packed(each * to_bytes);
      pool.parallel_ranges(each, 1, [&](std::size_t begin, std::size_t end) {
        std::vector<float> values(columns);
        for (std::size_t row = begin; row < end; ++row) {
          weight.format->unpack(bytes.data() + row * weight.row_bytes(), values.data(), columns / weight.format->weights);
          format.pack(values.data(), packed.data() + row * to_bytes, columns / format.weights);
        }
      });
      put(packed);
    });
  }
}

}  // namespace ondol
