// OLMoE: Llama with small experts, one norm over all heads of queries and keys, and bounds on both and on values.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe olmoe(const Config& c) {
  Recipe r = llama_like(c);
  each_attention(r, [&](Attention::Shape& a, std::size_t) {
    a.query_key_norm = QueryKeyNorm::whole;
    a.clip = c.positive_or("clip_qkv", 0);
  });
  Experts::Shape experts = experts_of(c, Router::Scoring::softmax);
  experts.router.normalise = c.flag_or("norm_topk_prob", false);
  put_experts(r, experts);
  return r;
}

}  // namespace ondol
