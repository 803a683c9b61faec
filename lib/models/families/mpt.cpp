// MPT: ALiBi, LayerNorm without biases, queries, keys and values cut to a range.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe mpt(const Config& c) {
  Recipe r = gpt_like(c);
  const Json* own = c.find("attn_config");
  const Config attention = own && own->is_object() ? Config(*own, c) : c;
  each_attention(r, [&](Attention::Shape& a, std::size_t) {
    a.alibi = attention.positive_or("alibi_bias_max", 8);
    a.clip = attention.positive_or("clip_qkv", 0);
    a.scale = attention.positive_or("softmax_scale", a.scale);
  });
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) {
    m.activation = Activation::gelu;
    if (!c.is_gguf()) m.intermediate_size = 4 * r.hidden_size;  // whatever expansion_ratio says, as the reference does
  });
  return r;
}

Naming mpt_names(const Config&) {
  return {{"transformer.wte", "token_embd"},
          {"transformer.norm_f", "output_norm"},
          {"lm_head", "output"},
          {"transformer.blocks.{}.norm_1", "blk.{}.attn_norm"},
          {"transformer.blocks.{}.attn.Wqkv", "blk.{}.attn_qkv"},
          {"transformer.blocks.{}.attn.out_proj", "blk.{}.attn_output"},
          {"transformer.blocks.{}.norm_2", "blk.{}.ffn_norm"},
          {"transformer.blocks.{}.ffn.up_proj", "blk.{}.ffn_up"},
          {"transformer.blocks.{}.ffn.down_proj", "blk.{}.ffn_down"}};
}

}  // namespace ondol
