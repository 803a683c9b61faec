#include "models/recurrent_config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "models/llama_like.hpp"

namespace ondol {
namespace {

constexpr std::size_t most_states = 4096;

void require_silu(const Config& c) {
  if (activation_of(c, "silu") != Activation::silu) c.refuse("hidden_act", "silu", Status::unsupported);
}

/// "auto", or nothing, stands for `otherwise`.
std::size_t count_or_auto(const Config& c, std::string_view name, std::size_t otherwise) {
  const Json* value = c.find(name);
  return !value || value->is_string() ? otherwise : c.count(name);
}

/// Channels: stated, or a multiple of the hidden size.
std::size_t inner_size(const Config& c, std::string_view stated) {
  if (c.has(stated)) return c.count(stated);
  const double n = c.positive_or("ssm_expand", 2) * static_cast<double>(c.count("hidden_size"));
  if (n < 1 || n > 1u << 24) c.refuse("ssm_expand", "a small multiple");
  return static_cast<std::size_t>(n);
}

}  // namespace

std::size_t kernel_of(const Config& c) { return c.count("ssm_conv_kernel", CausalConvolution::most_positions); }

Recipe recurrent_like(const Config& c) {
  Recipe r;
  r.context = c.is_gguf() ? c.count_or("max_position_embeddings", endless_context, 1u << 30) : endless_context;
  r.hidden_size = c.count("hidden_size");
  r.norm_eps = c.positive_or("norm_eps", 1e-5);
  return r;
}

Mamba::Shape mamba_of(const Config& c) {
  require_silu(c);
  const std::size_t hidden = c.count("hidden_size");
  return {.channels = inner_size(c, "ssm_inner_size"),
          .states = c.count_or("ssm_state_size", 16, most_states),
          .rank = count_or_auto(c, "ssm_time_step_rank", (hidden + 15) / 16),
          .kernel = kernel_of(c)};
}

Mamba2::Shape mamba2_of(const Config& c) {
  require_silu(c);
  Mamba2::Shape s{.heads = c.count(c.is_gguf() ? "ssm_time_step_rank" : "ssm_heads", 65'536),
                  .states = c.count_or("ssm_state_size", 128, most_states),
                  .groups = c.count_or("ssm_group_count", 1, 65'536),
                  .kernel = kernel_of(c)};
  const std::size_t width = inner_size(c, c.is_gguf() ? "ssm_inner_size" : "mamba_d_ssm");
  s.head_dim = count_or_auto(c, c.has("ssm_head_dim") ? "ssm_head_dim" : "head_dim", width / s.heads);
  if (c.is_gguf()) s.head_dim = width / s.heads;
  if (s.head_dim * s.heads != width || s.heads % s.groups != 0) {
    fail(Status::bad_file, fmt::format("{}: {} heads of {} in {} groups do not make up a width of {}", c.path(),
                                       s.heads, s.head_dim, s.groups, width));
  }
  if (const Json* limit = c.find("time_step_limit"); limit && limit->is_array() && limit->size() == 2) {
    s.least_step = limit->at(0).as_double().value_or(s.least_step);
    s.largest_step = limit->at(1).as_double().value_or(s.largest_step);
  }
  return s;
}

std::vector<bool> attention_layers(const Config& c, std::size_t layers) {
  std::vector<bool> out(layers, false);
  const auto check = [&](std::string_view name, std::size_t found) {
    if (found != layers) c.refuse(name, fmt::format("{} items", layers));
  };
  if (const Json* heads = c.find("num_key_value_heads"); heads && heads->is_array()) {
    const std::vector<std::int64_t> each = c.integers("num_key_value_heads");
    check("num_key_value_heads", each.size());
    for (std::size_t i = 0; i < layers; ++i) out[i] = each[i] != 0;
    return out;
  }
  if (const std::vector<std::string> types = c.texts("layer_types"); !types.empty()) {
    check("layer_types", types.size());
    for (std::size_t i = 0; i < layers; ++i) out[i] = types[i] == "full_attention" || types[i] == "attention";
    return out;
  }
  for (const char* name : {"attn_layer_indices", "full_attn_idxs"}) {
    if (!c.has(name)) continue;
    for (const std::int64_t i : c.integers(name)) {
      if (i < 0 || static_cast<std::size_t>(i) >= layers) c.refuse(name, fmt::format("indices below {}", layers));
      out[static_cast<std::size_t>(i)] = true;
    }
    return out;
  }
  if (c.has("attn_layer_period")) {
    const std::size_t period = c.count("attn_layer_period");
    const std::size_t offset = c.count_or("attn_layer_offset", 0);
    for (std::size_t i = 0; i < layers; ++i) out[i] = i % period == offset;
    return out;
  }
  if (c.has("full_attention_interval")) {
    const std::size_t interval = c.count("full_attention_interval");
    for (std::size_t i = 0; i < layers; ++i) out[i] = (i + 1) % interval == 0;
    return out;
  }
  const std::vector<std::string> pattern = c.texts("block_types");
  if (pattern.empty()) c.refuse("layer_types", "which layers have attention");
  for (std::size_t i = 0; i < layers; ++i) out[i] = pattern[i % pattern.size()] == "attention";
  return out;
}

}  // namespace ondol
