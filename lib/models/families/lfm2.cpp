// LFM 2: short gated convolutions, some layers of attention with norms of each query and key head.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/recurrent_config.hpp"
#include "models/rope_config.hpp"

namespace ondol {
namespace {

std::size_t intermediate_size(const Config& c) {
  const std::size_t stated = c.has("block_ff_dim") ? c.count("block_ff_dim") : c.count("intermediate_size");
  if (c.is_gguf() || !c.flag_or("block_auto_adjust_ff_dim", true)) return stated;
  const double adjusted = c.positive_or("block_ffn_dim_multiplier", 1) * static_cast<double>(2 * stated / 3);
  if (!(adjusted < 1 << 24)) c.refuse("block_ffn_dim_multiplier", "a small multiple");
  const std::size_t step = c.count_or("block_multiple_of", 256);
  return (static_cast<std::size_t>(adjusted) + step - 1) / step * step;
}

}  // namespace

Recipe lfm2(const Config& c) {
  Recipe r = llama_like(c);
  r.ropes = {rope_of(c, r.attention()->head_dim, 1e6)};
  const std::vector<bool> attention = attention_layers(c, r.layers.size());
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.query_key_norm = QueryKeyNorm::head; });
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) { m.intermediate_size = intermediate_size(c); });
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    if (attention[i]) continue;
    r.layers[i].mixer = ShortConvolution::Shape{
        .channels = r.hidden_size, .kernel = kernel_of(c), .biases = c.flag_or("conv_bias", false)};
  }
  return r;
}

Naming lfm2_names(const Config&) {
  return with(llama_names(), {{"model.embedding_norm", "token_embd_norm"},  // though it is the last one
                              {"model.layers.{}.operator_norm", "blk.{}.attn_norm"},
                              {"model.layers.{}.conv.in_proj", "blk.{}.shortconv.in_proj"},
                              {"model.layers.{}.conv.conv", "blk.{}.shortconv.conv", &layouts::depthwise},
                              {"model.layers.{}.conv.out_proj", "blk.{}.shortconv.out_proj"},
                              {"model.layers.{}.self_attn.out_proj", "blk.{}.attn_output"},
                              {"model.layers.{}.self_attn.q_layernorm", "blk.{}.attn_q_norm"},
                              {"model.layers.{}.self_attn.k_layernorm", "blk.{}.attn_k_norm"},
                              {"model.layers.{}.ffn_norm", "blk.{}.ffn_norm"},
                              {"model.layers.{}.feed_forward.w1", "blk.{}.ffn_gate"},
                              {"model.layers.{}.feed_forward.w2", "blk.{}.ffn_down"},
                              {"model.layers.{}.feed_forward.w3", "blk.{}.ffn_up"}});
}

}  // namespace ondol
