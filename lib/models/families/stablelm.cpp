// StableLM: Llama with LayerNorm and a part of each head rotated; the 12 B model with blocks side by side and norms of
// each query and key head.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe stablelm(const Config& c) {
  Recipe r = llama_like(c);
  r.norm = NormKind::layer;
  r.parallel = c.flag_or("use_parallel_residual", false);
  if (c.flag_or("qk_layernorm", false)) {
    each_attention(r, [](Attention::Shape& a, std::size_t) { a.query_key_norm = QueryKeyNorm::each_head; });
  }
  return r;
}

Naming stablelm_names(const Config&) {
  return with(llama_names(), {{"model.layers.{}.self_attn.q_layernorm.norms.{}", "blk.{}.attn_q_norm"},
                              {"model.layers.{}.self_attn.k_layernorm.norms.{}", "blk.{}.attn_k_norm"}});
}

}  // namespace ondol
