// Llama 1 .. 3.x and what shares its file format: Mistral, SmolLM2 and many more.
#include <fmt/format.h>

#include <cmath>

#include "base/fail.hpp"
#include "models/llama_like.hpp"
#include "models/registry.hpp"

namespace ondol {
namespace {

RopeScaling rope_scaling(const Config& c) {
  using Kind = RopeScaling::Kind;
  RopeScaling s;
  const std::string_view kind = c.text_or("rope.scaling.type", c.has("rope.scale_linear") ? "linear" : "none");
  if (kind == "none") return s;
  if (kind != "linear" && kind != "yarn") {
    fail(Status::unsupported, fmt::format("{}: {}.rope.scaling.type is '{}', expected none, linear or yarn",
                                          c.source().path(), c.architecture(), kind));
  }
  s.kind = kind == "linear" ? Kind::linear : Kind::yarn;
  s.factor = c.positive_or("rope.scaling.factor", c.positive_or("rope.scale_linear", 1));
  if (s.kind == Kind::yarn) {
    s.original_context = c.positive_or("rope.scaling.original_context_length", c.positive("context_length"));
    s.beta_fast = c.positive_or("rope.scaling.yarn_beta_fast", s.beta_fast);
    s.beta_slow = c.positive_or("rope.scaling.yarn_beta_slow", s.beta_slow);
    // Two keys for a factor on top of YaRN's own one.
    const double on_top =
        c.positive_or("rope.scaling.attn_factor", 1) * c.positive_or("rope.scaling.yarn_attn_factor", 1);
    s.attention_factor = on_top * (s.factor > 1 ? 0.1 * std::log(s.factor) + 1 : 1);
  }
  return s;
}

}  // namespace

Recipe llama_like(const Config& c) {
  Recipe r;
  r.context = c.count("context_length", 1u << 30);
  r.layers = c.count("block_count", 10'000);
  r.hidden_size = c.count("embedding_length");
  r.norm_eps = c.positive("attention.layer_norm_rms_epsilon");

  auto& a = r.attention;
  a.heads = c.count("attention.head_count", 65'536);
  a.kv_heads = c.count_or("attention.head_count_kv", a.heads, 65'536);
  if (a.heads % a.kv_heads != 0) {
    fail(Status::bad_file,
         fmt::format("{}: {} query heads do not share {} kv heads evenly", c.source().path(), a.heads, a.kv_heads));
  }
  a.head_dim = c.count_or("attention.key_length", r.hidden_size / a.heads, 512);
  if (a.head_dim == 0 || a.head_dim > 512 || a.head_dim != c.count_or("attention.value_length", a.head_dim)) {
    fail(Status::unsupported,
         fmt::format("{}: heads of {} dimensions for keys and {} for values; expected the same, "
                     "1 .. 512",
                     c.source().path(), a.head_dim, c.count_or("attention.value_length", a.head_dim)));
  }
  a.scale = c.positive_or("attention.scale", 1 / std::sqrt(static_cast<double>(a.head_dim)));
  a.window = c.count_or("attention.sliding_window", 0, 1u << 30);

  r.rope.dimensions = c.count_or("rope.dimension_count", a.head_dim, 512);
  if (r.rope.dimensions % 2 != 0 || r.rope.dimensions > a.head_dim) {
    fail(Status::bad_file, fmt::format("{}: {}.rope.dimension_count is {}, expected an even number up to {}",
                                       c.source().path(), c.architecture(), r.rope.dimensions, a.head_dim));
  }
  r.rope.theta = c.positive_or("rope.freq_base", 10'000);
  r.rope.scaling = rope_scaling(c);

  r.mlp.intermediate_size = c.count("feed_forward_length");
  return r;
}

Recipe llama(const Config& c) {
  Recipe r = llama_like(c);
  if (c.count_or("expert_count", 0) > 0) {
    fail(Status::unsupported, fmt::format("{}: mixtures of experts are not supported yet", c.source().path()));
  }
  r.attention.qkv_bias = r.attention.output_bias = r.mlp.bias = Presence::optional;
  return r;
}

}  // namespace ondol
