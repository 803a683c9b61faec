// Granite 4 and Bamba: Mamba 2 layers and some of attention, Granite's multipliers; with experts and one that is
// shared, or with the shared one alone.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {
namespace {

bool has_rope(const Config& c) {
  if (c.is_gguf()) return c.flag_or("rope_used", true);
  return c.model_type() == "bamba" || c.text_or("position_embedding_type", "none") == "rope";
}

}  // namespace

Recipe granite_hybrid(const Config& c) {
  const bool experts = c.count_or("num_experts", 0) > 0;
  Recipe r = experts ? granite_moe(c) : granite(c);
  const bool rope = has_rope(c);
  if (!rope) r.ropes.clear();
  each_attention(r, [&](Attention::Shape& a, std::size_t) { a.rope = rope ? 0 : -1; });
  if (!experts && c.has("shared_intermediate_size")) {
    each_mlp(r, [&](Mlp::Shape& m, std::size_t) { m.intermediate_size = c.count("shared_intermediate_size"); });
  }
  const Mamba2::Shape state_space = mamba2_of(c);
  const std::vector<bool> attention = attention_layers(c, r.layers.size());
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    if (!attention[i]) r.layers[i].mixer = state_space;
  }
  return r;
}

Naming bamba_names(const Config&) {
  return with(with(rotated_llama_names(), hybrid_mamba2_names()),
              {{"model.final_layernorm", "output_norm"},
               {"model.layers.{}.pre_ff_layernorm", "blk.{}.ffn_norm"},
               {"model.layers.{}.feed_forward.gate_proj", "blk.{}.ffn_gate"},
               {"model.layers.{}.feed_forward.up_proj", "blk.{}.ffn_up"},
               {"model.layers.{}.feed_forward.down_proj", "blk.{}.ffn_down"}});
}

Naming granite_hybrid_names(const Config& c) {
  const Naming names = with(granite_moe_names(c), hybrid_mamba2_names());
  if (c.count_or("num_experts", 0) > 0) return names;
  return with(names, {{"model.layers.{}.shared_mlp.input_linear", "blk.{}.ffn_gate", &layouts::first_half},
                      {"model.layers.{}.shared_mlp.input_linear", "blk.{}.ffn_up", &layouts::second_half},
                      {"model.layers.{}.shared_mlp.output_linear", "blk.{}.ffn_down"}});
}

}  // namespace ondol
