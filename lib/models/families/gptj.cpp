// GPT-J: one norm for both blocks side by side, the first dimensions of each head rotated as neighbours.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/rope_config.hpp"

namespace ondol {

Recipe gptj(const Config& c) {
  Recipe r = gpt_like(c);
  r.parallel = true;
  const std::size_t head_dim = r.attention()->head_dim;
  RopeRecipe rope{.pairs = Rope::Pairs::neighbours, .dimensions = c.count_or("rotary_dim", 64, head_dim), .theta = 10'000,
                  .scaling = {}};
  if (rope.dimensions % 2 != 0) c.refuse("rotary_dim", "an even number");
  r.ropes.push_back(rope);
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.rope = 0; });
  return r;
}

Naming gptj_names(const Config&) {
  return {{"transformer.wte", "token_embd"},
          {"transformer.ln_f", "output_norm"},
          {"lm_head", "output"},
          {"transformer.h.{}.ln_1", "blk.{}.attn_norm"},
          {"transformer.h.{}.attn.q_proj", "blk.{}.attn_q"},
          {"transformer.h.{}.attn.k_proj", "blk.{}.attn_k"},
          {"transformer.h.{}.attn.v_proj", "blk.{}.attn_v"},
          {"transformer.h.{}.attn.out_proj", "blk.{}.attn_output"},
          {"transformer.h.{}.attn.bias", ""},
          {"transformer.h.{}.attn.masked_bias", ""},
          {"transformer.h.{}.mlp.fc_in", "blk.{}.ffn_up"},
          {"transformer.h.{}.mlp.fc_out", "blk.{}.ffn_down"}};
}

}  // namespace ondol
