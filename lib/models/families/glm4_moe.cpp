// GLM 4.5 and 4.6: Llama with a rotary embedding in half of each head, in some sizes norms of each query and key head;
// behind some dense layers DeepSeek-V3's way of choosing experts.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe glm4_moe(const Config& c) {
  Recipe r = llama_like(c);
  each_attention(r, [&](Attention::Shape& a, std::size_t) {
    a.query_key_norm = c.flag_or("use_qk_norm", false) ? QueryKeyNorm::head : QueryKeyNorm::none;
  });
  Experts::Shape experts = experts_of(c, Router::Scoring::sigmoid);
  experts.router.normalise = c.flag_or("norm_topk_prob", !c.is_gguf());
  set_expert_groups(c, experts.router);
  put_experts(r, experts, behind_dense_layers(c));
  return r;
}

Naming glm4_moe_names(const Config&) {
  return with(with_experts(llama_names()),
              {{"model.layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm"}});
}

}  // namespace ondol
