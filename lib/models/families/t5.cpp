// T5, mT5, Flan-T5: an encoder-decoder with learned biases by distance in the place of positions; scores are not
// scaled.
#include <cmath>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {
namespace {

/// feed_forward_proj is "relu", "gated-gelu": a gate and an activation. GGUF files do not say; most are gated.
Mlp::Shape feed_forward(const Config& c) {
  const std::string said = c.text_or("feed_forward_proj", c.is_gguf() ? "gated-gelu" : "relu");
  Mlp::Shape shape{.intermediate_size = c.count("intermediate_size"), .activation = Activation::relu, .gated = false};
  shape.gated = c.flag_or("is_gated_act", said.starts_with("gated-"));
  const std::string name =
      c.text_or("dense_act_fn", said == "gated-gelu" ? "gelu_new" : said.substr(said.find('-') + 1));
  shape.activation = activation_of(c, name);
  return shape;
}

Recipe stack(const Config& c, bool encoder) {
  Recipe r;
  r.context = c.count_or("max_position_embeddings", 512, 1u << 30);
  r.hidden_size = c.count("hidden_size");
  r.norm_eps = c.positive_or("norm_eps", 1e-6);
  Attention::Shape a{.heads = c.count("num_attention_heads", 65'536)};
  a.kv_heads = a.heads;
  a.head_dim = c.count_or("d_kv", c.count_or("head_dim", 64, 512), 512);
  a.scale = 1;
  a.rope = -1;
  r.distances = {.count = c.count_or("relative_attention_num_buckets", 32, 1u << 16),
                 .max_distance = c.count_or("relative_attention_max_distance", 128),
                 .both_directions = encoder};
  if (r.distances->count < 4 || r.distances->max_distance <= r.distances->count / 2) {
    c.refuse("relative_attention_num_buckets", "4 or more, and less than twice the largest distance");
  }
  LayerRecipe layer{.mixer = a, .feed_forward = feed_forward(c)};
  if (!encoder) layer.cross = a;
  std::get<Attention::Shape>(layer.mixer).relative_bias = true;
  const std::size_t layers = c.count("num_hidden_layers", 10'000);
  r.layers.assign(encoder ? layers : c.count_or("num_decoder_layers", layers, 10'000), layer);
  r.both_directions = encoder;
  r.prefix = encoder ? "enc." : "dec.";
  return r;
}

}  // namespace

Recipe t5(const Config& c) {
  Recipe r = stack(c, false);
  r.encoder = {stack(c, true)};
  const bool scaled = c.flag_or("scale_decoder_outputs", !c.is_gguf() && c.flag_or("tie_word_embeddings", true));
  r.logit_scale = scaled ? 1 / std::sqrt(double(r.hidden_size)) : 1;
  return r;
}

Naming t5_names(const Config& c) {
  const Naming names = {{"encoder.embed_tokens", "token_embd"},
                        {"decoder.embed_tokens", "token_embd"},
                        {"shared", "token_embd"},
                        {"lm_head", "output"},
                        {"encoder.final_layer_norm", "enc.output_norm"},
                        {"encoder.block.{}.layer.0.SelfAttention.q", "enc.blk.{}.attn_q"},
                        {"encoder.block.{}.layer.0.SelfAttention.k", "enc.blk.{}.attn_k"},
                        {"encoder.block.{}.layer.0.SelfAttention.v", "enc.blk.{}.attn_v"},
                        {"encoder.block.{}.layer.0.SelfAttention.o", "enc.blk.{}.attn_o"},
                        {"encoder.block.{}.layer.0.SelfAttention.relative_attention_bias", "enc.blk.{}.attn_rel_b"},
                        {"encoder.block.{}.layer.0.layer_norm", "enc.blk.{}.attn_norm"},
                        {"encoder.block.{}.layer.1.DenseReluDense.wi", "enc.blk.{}.ffn_up"},
                        {"encoder.block.{}.layer.1.DenseReluDense.wi_0", "enc.blk.{}.ffn_gate"},
                        {"encoder.block.{}.layer.1.DenseReluDense.wi_1", "enc.blk.{}.ffn_up"},
                        {"encoder.block.{}.layer.1.DenseReluDense.wo", "enc.blk.{}.ffn_down"},
                        {"encoder.block.{}.layer.1.layer_norm", "enc.blk.{}.ffn_norm"},
                        {"decoder.final_layer_norm", "dec.output_norm"},
                        {"decoder.block.{}.layer.0.SelfAttention.q", "dec.blk.{}.attn_q"},
                        {"decoder.block.{}.layer.0.SelfAttention.k", "dec.blk.{}.attn_k"},
                        {"decoder.block.{}.layer.0.SelfAttention.v", "dec.blk.{}.attn_v"},
                        {"decoder.block.{}.layer.0.SelfAttention.o", "dec.blk.{}.attn_o"},
                        {"decoder.block.{}.layer.0.SelfAttention.relative_attention_bias", "dec.blk.{}.attn_rel_b"},
                        {"decoder.block.{}.layer.0.layer_norm", "dec.blk.{}.attn_norm"},
                        {"decoder.block.{}.layer.1.EncDecAttention.q", "dec.blk.{}.cross_attn_q"},
                        {"decoder.block.{}.layer.1.EncDecAttention.k", "dec.blk.{}.cross_attn_k"},
                        {"decoder.block.{}.layer.1.EncDecAttention.v", "dec.blk.{}.cross_attn_v"},
                        {"decoder.block.{}.layer.1.EncDecAttention.o", "dec.blk.{}.cross_attn_o"},
                        {"decoder.block.{}.layer.1.EncDecAttention.relative_attention_bias", ""},
                        {"decoder.block.{}.layer.1.layer_norm", "dec.blk.{}.cross_attn_norm"},
                        {"decoder.block.{}.layer.2.DenseReluDense.wi", "dec.blk.{}.ffn_up"},
                        {"decoder.block.{}.layer.2.DenseReluDense.wi_0", "dec.blk.{}.ffn_gate"},
                        {"decoder.block.{}.layer.2.DenseReluDense.wi_1", "dec.blk.{}.ffn_up"},
                        {"decoder.block.{}.layer.2.DenseReluDense.wo", "dec.blk.{}.ffn_down"},
                        {"decoder.block.{}.layer.2.layer_norm", "dec.blk.{}.ffn_norm"}};
  if (feed_forward(c).gated) return names;
  return with(names, {{"encoder.block.{}.layer.1.DenseReluDense.wi", "enc.blk.{}.ffn_up"},
                      {"decoder.block.{}.layer.2.DenseReluDense.wi", "dec.blk.{}.ffn_up"}});
}

}  // namespace ondol
