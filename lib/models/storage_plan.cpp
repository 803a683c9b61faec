#include "models/storage_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/fail.hpp"
#include "formats/quantize.hpp"

namespace ondol {
namespace {

/// A mixture: most tensors in `base`; the output matrix, and attention's values and the feed-forward block's way down
/// in the layers where errors count most, in `better`.
struct Mixture {
  std::string_view name;
  std::string_view base;
  std::string_view better;
};
constexpr Mixture mixtures[] = {
    {"q3_k_m", "Q3_K", "Q5_K"}, {"q4_k_m", "Q4_K", "Q6_K"}, {"q5_k_m", "Q5_K", "Q6_K"}, {"q2_k_m", "Q2_K", "Q4_K"}};

/// llama.cpp's llama_ftype, where it has one.
struct FileType {
  std::string_view name;
  std::uint32_t number;
};
constexpr FileType file_types[] = {
    {"f32", 0},    {"f16", 1},      {"q4_0", 2},    {"q4_1", 3},     {"q8_0", 7},    {"q5_0", 8},    {"q5_1", 9},
    {"q2_k", 10},  {"q3_k", 11},    {"q3_k_m", 12}, {"q4_k", 14},    {"q4_k_m", 15}, {"q5_k", 16},   {"q5_k_m", 17},
    {"q6_k", 18},  {"iq2_xxs", 19}, {"iq2_xs", 20}, {"iq3_xxs", 23}, {"iq1_s", 24},  {"iq4_nl", 25}, {"iq3_s", 26},
    {"iq2_s", 28}, {"iq4_xs", 30},  {"iq1_m", 31},  {"bf16", 32},    {"tq1_0", 36},  {"tq2_0", 37}};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

bool stays_float32(const Weight& weight) {
  if (weight.shape.size() == 1) return true;
  static constexpr std::string_view parts[] = {"_norm",     "norm_", "norm.", "gate_inp", "conv1d",
                                               "conv.conv", "ssm_a", "ssm_d", "position", "token_types",
                                               "rel_b",     "sinks", ".bias"};
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
  for (const Format* format : formats()) {
    if (format->pack && format->gguf_id != no_gguf_id && format->name != "F64") names.push_back(lower(format->name));
  }
  for (const Mixture& mixture : mixtures) names.emplace_back(mixture.name);
  return names;
}

std::uint64_t StoragePlan::layers_of(const std::vector<Weight>& weights) {
  std::uint64_t layers = 0;
  for (const Weight& weight : weights) layers = std::max(layers, layer_of(weight.name) + 1);
  return layers;
}

StoragePlan::StoragePlan(std::string_view name, std::uint64_t layers, const Importance& importance) : layers_(layers) {
  only_float_ = name == "float";
  if (name.empty() || only_float_) return;
  const std::string wanted = lower(name);
  const std::vector<std::string> known = types();
  if (std::ranges::find(known, wanted) == known.end()) {
    fail(Status::invalid_argument, fmt::format("type: '{}' is not known; known are {}", name, fmt::join(known, ", ")));
  }
  const auto* mixture = std::ranges::find(mixtures, wanted, &Mixture::name);
  if (mixture != std::end(mixtures)) {
    base_ = find_format(mixture->base);
    better_ = find_format(mixture->better);
  } else {
    for (const Format* format : formats()) {
      if (lower(format->name) == wanted) base_ = better_ = format;
    }
  }
  if (base_->needs_importance && importance.empty()) {
    fail(Status::invalid_argument, fmt::format("type: {} needs an importance matrix", base_->name));
  }
  const auto* number = std::ranges::find(file_types, wanted, &FileType::name);
  if (number != std::end(file_types)) file_type_ = number->number;
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
  const bool counts =
      name == "output.weight" || (outer && (name.find("attn_v.") != name.npos || name.find("ffn_down.") != name.npos));
  const Format& wanted = counts ? *better_ : *base_;
  return weight.columns() % wanted.weights == 0 ? wanted : f16;
}

void stored(const Weight& weight, const Format& format, const Importance& importance, ThreadPool& pool,
            const std::function<void(std::span<const std::byte>)>& put) {
  const std::uint64_t columns = weight.columns();
  const std::uint64_t each = weight.rows() / weight.parts.size();
  const auto own = importance.find(weight.name);
  const float* counts = own != importance.end() && own->second.size() == columns ? own->second.data() : nullptr;
  if (format.needs_importance && !counts) {
    fail(Status::invalid_argument, fmt::format("tensor {}: {} needs its importance, {} are there", weight.name,
                                               format.name, own == importance.end() ? 0 : own->second.size()));
  }
  for (std::uint64_t first = 0; first < weight.rows(); first += each) {
    weight.read_rows(first, each, [&](std::span<const std::byte> bytes) {
      if (&format == weight.format) return put(bytes);
      // Some rows at a time, so that their float32 values stay small beside the model.
      const std::uint64_t step = std::max<std::uint64_t>(1, (8u << 20) / columns);
      std::vector<float> values(std::min(step, each) * columns);
      std::vector<std::byte> packed(std::min(step, each) * (columns / format.weights) * format.bytes);
      for (std::uint64_t row = 0; row < each; row += step) {
        const std::uint64_t count = std::min(step, each - row);
        pool.parallel_ranges(count, 1, [&](std::size_t begin, std::size_t end) {
          weight.format->unpack(bytes.data() + (row + begin) * weight.row_bytes(), values.data() + begin * columns,
                                (end - begin) * columns / weight.format->weights);
        });
        try {
          quantize_rows(format, values.data(), count, columns, counts, packed.data(), pool);
        } catch (const Error& e) {
          fail(e.code(), fmt::format("tensor {}: {}", weight.name, e.what()));
        }
        put(std::span<const std::byte>(packed).first(count * (columns / format.weights) * format.bytes));
      }
    });
  }
}

}  // namespace ondol
