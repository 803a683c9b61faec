// DeepSeek V2 and V3, and what shares their shape (Kimi K2): latent attention; behind some dense layers, experts in
// groups and shared ones. V2 scores by a softmax, V3 by sigmoids with a bias on the choice.
#include <cmath>

#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/latent_config.hpp"
#include "models/llama_like.hpp"
#include "models/rope_config.hpp"

namespace ondol {
namespace {

Router::Scoring scoring_of(const Config& c) {
  constexpr std::size_t softmax = 1, sigmoid = 2;  // GGUF's numbers; files of V2 may have none
  const std::string type = c.text_or("model_type", c.model_type());
  const std::size_t otherwise = type == "deepseek_v2" || type == "deepseek2" ? softmax : sigmoid;
  return c.count_or("expert_gating_func", otherwise) == sigmoid ? Router::Scoring::sigmoid : Router::Scoring::softmax;
}

}  // namespace

Recipe deepseek(const Config& c) {
  Recipe r = frame_of(c);
  LatentAttention::Shape attention = latent_of(c);
  RopeRecipe rope = rope_of(c, attention.rope_dim);
  rope.pairs = c.flag_or("rope_interleave", true) ? Rope::Pairs::neighbours : Rope::Pairs::halves;
  if (rope.scaling.log_multiplier > 0 && rope.scaling.factor > 1) {
    const double growth = 1 + rope.scaling.log_multiplier * std::log(rope.scaling.factor);
    attention.scale *= growth * growth;
  }
  r.ropes.push_back(rope);
  const Mlp::Shape mlp{.intermediate_size = c.count("intermediate_size"), .activation = activation_of(c, "silu")};
  r.layers.assign(r.layers.size(), {attention, mlp});
  if (c.count_or("num_experts", 0) == 0) return r;

  Experts::Shape experts = experts_of(c, scoring_of(c));
  if (experts.router.scoring == Router::Scoring::sigmoid) {
    experts.router.normalise = c.flag_or("norm_topk_prob", !c.is_gguf());
  }
  if (c.text_or("topk_method", "") != "greedy") set_expert_groups(c, experts.router);
  put_experts(r, experts, behind_dense_layers(c));
  return r;
}

Naming deepseek_names(const Config&) {
  return with(with_experts(llama_names()),
              {{"model.layers.{}.self_attn.q_a_proj", "blk.{}.attn_q_a"},
               {"model.layers.{}.self_attn.q_a_layernorm", "blk.{}.attn_q_a_norm"},
               {"model.layers.{}.self_attn.q_b_proj", "blk.{}.attn_q_b"},
               {"model.layers.{}.self_attn.kv_a_proj_with_mqa", "blk.{}.attn_kv_a_mqa"},
               {"model.layers.{}.self_attn.kv_a_layernorm", "blk.{}.attn_kv_a_norm"},
               {"model.layers.{}.self_attn.kv_b_proj", "blk.{}.attn_k_b", &layouts::latent_keys},
               {"model.layers.{}.self_attn.kv_b_proj", "blk.{}.attn_v_b", &layouts::latent_values}});
}

}  // namespace ondol
