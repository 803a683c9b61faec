// Llama 4: layers that see their own chunk only, with a norm behind the rotary embedding, and some that see everything,
// without one but with a temperature that grows with the position; experts in all or every other layer, weighed at
// their input.
#include <algorithm>

#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {
namespace {

/// true, false, or a number in the first checkpoints.
bool is_set(const Config& c, std::string_view name, bool otherwise) {
  const Json* value = c.find(name);
  if (!value) return otherwise;
  return value->as_double() ? *value->as_double() != 0 : c.flag_or(name, otherwise);
}

void set_attention(const Config& c, Recipe& r) {
  const std::size_t layers = r.layers.size();
  std::size_t chunk = c.count_or("attention_chunk_size", 0, 1u << 30);
  std::size_t interval = c.count_or("no_rope_layer_interval", 4);
  if (c.is_gguf() && !c.has("attention_chunk_size")) {
    chunk = c.has("sliding_window") ? c.count_or("sliding_window", 0, 1u << 30) : 8192;
    if (chunk == 0) interval = layers + 1;
  }
  const std::vector<std::int64_t> rotated = c.integers("no_rope_layers");  // 1: with a rotary embedding
  if (!rotated.empty() && rotated.size() < layers) c.refuse("no_rope_layers", "a number for each layer");
  const bool typed = !c.texts("layer_types").empty();
  const std::vector<bool> chunked = sliding_layers(c, layers, 0);
  const bool norm = c.is_gguf() ? c.count("num_experts") != 128 : c.flag_or("use_qk_norm", true);
  const bool tuned = is_set(c, "attn_temperature_tuning", true);
  each_attention(r, [&](Attention::Shape& a, std::size_t i) {
    const bool has_rope = rotated.empty() ? (i + 1) % interval != 0 : rotated[i] != 0;
    a.chunk = (typed ? chunked[i] : has_rope) ? chunk : 0;
    if (has_rope) {
      a.query_key_norm = norm ? QueryKeyNorm::plain : QueryKeyNorm::none;
      a.norm_after_rope = true;
    } else {
      a.rope = -1;
      a.temperature_step = tuned ? c.positive_or("floor_scale", 8192) : 0;
      a.temperature_scale = c.number_or("attn_scale", 0.1);
    }
  });
}

}  // namespace

Recipe llama4(const Config& c) {
  Recipe r = llama_like(c);
  r.ropes[0].pairs = Rope::Pairs::neighbours;
  set_attention(c, r);
  if (c.has("intermediate_size_mlp")) {
    each_mlp(r, [&](Mlp::Shape& m, std::size_t) { m.intermediate_size = c.count("intermediate_size_mlp"); });
  }
  Experts::Shape experts = experts_of(c, Router::Scoring::sigmoid);
  experts.weigh_input = true;
  experts.shared_size = experts.intermediate_size;
  const std::vector<std::int64_t> listed = c.integers("moe_layers");
  const std::size_t step = c.count_or("interleave_moe_layer_step", 1);
  put_experts(r, experts, [&](std::size_t i) {
    if (!c.has("moe_layers")) return (i + 1) % step == 0;
    return std::ranges::find(listed, static_cast<std::int64_t>(i)) != listed.end();
  });
  return r;
}

Naming llama4_names(const Config&) {
  return with(llama_names(),
              {{"model.layers.{}.feed_forward.gate_proj", "blk.{}.ffn_gate"},
               {"model.layers.{}.feed_forward.up_proj", "blk.{}.ffn_up"},
               {"model.layers.{}.feed_forward.down_proj", "blk.{}.ffn_down"},
               {"model.layers.{}.feed_forward.router", "blk.{}.ffn_gate_inp"},
               {"model.layers.{}.feed_forward.experts.gate_up_proj", "blk.{}.ffn_gate_exps.weight",
                &layouts::first_half_transposed},
               {"model.layers.{}.feed_forward.experts.gate_up_proj", "blk.{}.ffn_up_exps.weight",
                &layouts::second_half_transposed},
               {"model.layers.{}.feed_forward.experts.down_proj", "blk.{}.ffn_down_exps.weight", &layouts::transposed},
               {"model.layers.{}.feed_forward.shared_expert.gate_proj", "blk.{}.ffn_gate_shexp"},
               {"model.layers.{}.feed_forward.shared_expert.up_proj", "blk.{}.ffn_up_shexp"},
               {"model.layers.{}.feed_forward.shared_expert.down_proj", "blk.{}.ffn_down_shexp"}});
}

}  // namespace ondol
