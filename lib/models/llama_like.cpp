#include "models/llama_like.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <cmath>
#include <iterator>

#include "base/fail.hpp"
#include "files/printable.hpp"
#include "models/rope_config.hpp"

namespace ondol {

Activation activation_of(const Config& c, std::string_view otherwise) {
  static constexpr std::pair<std::string_view, Activation> names[] = {
      {"silu", Activation::silu},
      {"swish", Activation::silu},
      {"gelu", Activation::gelu},
      {"gelu_new", Activation::gelu_tanh},
      {"gelu_fast", Activation::gelu_tanh},
      {"gelu_pytorch_tanh", Activation::gelu_tanh},
      {"quick_gelu", Activation::quick_gelu},
      {"relu", Activation::relu},
      {"relu2", Activation::relu_squared},
      {"tanh", Activation::tanh},
      {"sigmoid", Activation::sigmoid},
  };
  const std::string name = c.text_or("hidden_act", otherwise);
  const auto* found = std::ranges::find(names, name, &std::pair<std::string_view, Activation>::first);
  if (found == std::end(names)) {
    fail(Status::unsupported, fmt::format("{}: {} is '{}', which is not known", c.path(), c.spelled("hidden_act"), printable(name)));
  }
  return found->second;
}

std::size_t kv_heads_of(const Config& c, std::size_t heads) {
  const Json* value = c.find("num_key_value_heads");
  std::size_t n = 0;
  if (value && value->is_array()) {
    for (const std::int64_t own : c.integers("num_key_value_heads")) {
      if (own == 0) continue;  // a layer without attention
      if (own < 0 || own > 65'536 || (n != 0 && static_cast<std::size_t>(own) != n)) {
        c.refuse("num_key_value_heads", "one number for all layers with attention", Status::unsupported);
      }
      n = static_cast<std::size_t>(own);
    }
    if (n == 0) c.refuse("num_key_value_heads", "a layer with attention");
  } else {
    n = c.count_or("num_key_value_heads", heads, 65'536);
  }
  if (heads % n != 0) {
    fail(Status::bad_file, fmt::format("{}: {} query heads do not share {} kv heads evenly", c.path(), heads, n));
  }
  return n;
}

Recipe frame_of(const Config& c) {
  Recipe r;
  r.context = c.count_or("max_position_embeddings", 2048, 1u << 30);
  r.layers.resize(c.count("num_hidden_layers", 10'000));
  r.predictors = c.count_or("num_nextn_predict_layers", 0, 64);
  if (const std::size_t counted = c.count_or("nextn_predict_layers", 0, r.layers.size() - 1); counted > 0) {
    r.layers.resize(r.layers.size() - counted);  // GGUF counts them with the others
    r.predictors = counted;
  }
  r.hidden_size = c.count("hidden_size");
  r.norm_eps = c.positive_or("norm_eps", 1e-6);
  if (c.is_gguf() && !c.has("norm_eps")) c.refuse("norm_eps", "a number above 0");
  return r;
}

Recipe llama_like(const Config& c) {
  Recipe r = frame_of(c);
  Attention::Shape a;
  a.heads = c.count("num_attention_heads", 65'536);
  a.kv_heads = kv_heads_of(c, a.heads);
  a.head_dim = c.count_or("head_dim", r.hidden_size / a.heads, 512);
  if (a.head_dim == 0 || a.head_dim > 512) {
    fail(Status::unsupported, fmt::format("{}: heads of {} dimensions, expected 1 .. 512", c.path(), a.head_dim));
  }
  if (c.is_gguf() && c.count_or("v_head_dim", a.head_dim) != a.head_dim) {
    fail(Status::unsupported, fmt::format("{}: heads of {} dimensions for keys and {} for values; expected the same",
                                          c.path(), a.head_dim, c.count("v_head_dim")));
  }
  a.scale = 1 / std::sqrt(static_cast<double>(a.head_dim));
  if (c.is_gguf()) a.scale = c.positive_or("attention_multiplier", a.scale);

  const Mlp::Shape mlp{.intermediate_size = c.count("intermediate_size"), .activation = activation_of(c, "silu")};
  r.layers.assign(r.layers.size(), {a, mlp});
  r.ropes.push_back(rope_of(c, a.head_dim));
  return r;
}

std::vector<bool> sliding_layers(const Config& c, std::size_t layers, std::size_t otherwise_full) {
  std::vector<bool> out(layers, false);
  const std::vector<std::string> types = c.texts("layer_types");
  const std::vector<std::int64_t> flags = c.integers("sliding_window_layers");
  if (!types.empty()) {
    if (types.size() != layers) c.refuse("layer_types", fmt::format("{} items", layers));
    for (std::size_t i = 0; i < layers; ++i) {
      if (types[i] == "sliding_attention" || types[i] == "chunked_attention") {
        out[i] = true;
      } else if (types[i] != "full_attention") {
        c.refuse("layer_types", "full_attention and sliding_attention", Status::unsupported);
      }
    }
  } else if (!flags.empty()) {
    if (flags.size() != layers) c.refuse("sliding_window_layers", fmt::format("{} items", layers));
    for (std::size_t i = 0; i < layers; ++i) out[i] = flags[i] != 0;
  } else if (otherwise_full > 0) {
    for (std::size_t i = 0; i < layers; ++i) out[i] = (i + 1) % otherwise_full != 0;
  }
  return out;
}

void set_windows(const Config& c, Recipe& r, std::size_t otherwise_full) {
  const std::size_t window = c.count_or("sliding_window", 0, 1u << 30);
  const std::vector<bool> sliding = sliding_layers(c, r.layers.size(), otherwise_full);
  each_attention(r, [&](Attention::Shape& a, std::size_t i) { a.window = sliding[i] ? window : 0; });
}

}  // namespace ondol
