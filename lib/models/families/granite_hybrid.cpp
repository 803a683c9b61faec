// Bamba: Mamba 2 layers and some of attention.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {

Recipe granite_hybrid(const Config& c) {
  Recipe r = granite(c);
  const Mamba2::Shape state_space = mamba2_of(c);
  const std::vector<bool> attention = attention_layers(c, r.layers.size());
  const bool rope = c.flag_or("rope_used", true);
  each_attention(r, [&](Attention::Shape& a, std::size_t) { a.rope = rope ? 0 : -1; });
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

}  // namespace ondol
