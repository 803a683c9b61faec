// ModernBERT: norms before the blocks, gated feed-forward blocks, and rotary embeddings; all layers but each third see
// a window in both directions.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/rope_config.hpp"

namespace ondol {

Recipe modernbert(const Config& c) {
  Recipe r = bert(c);
  r.context = c.count_or("max_position_embeddings", 8192, 1u << 30);
  r.norm_eps = c.positive_or("norm_eps", 1e-5);
  r.norm_place = NormPlace::before;
  r.positions.reset();
  r.final_norm = true;
  r.transform = r.head.activation = Activation::gelu;
  r.head.each_token = true;
  if (c.text_or("classifier_pooling", "cls") == "mean") r.head.pooling = Pooling::mean;
  const std::size_t head_dim = r.attention()->head_dim;
  r.ropes = {rope_of(c, head_dim, c.positive_or("global_rope_theta", 160'000)),
             rope_of(c, head_dim, c.positive_or("local_rope_theta", 10'000), "sliding_attention")};
  const std::size_t window = c.count_or("local_attention", c.count_or("sliding_window", 128, 1u << 30), 1u << 30);
  const char* pattern = c.is_gguf() ? "sliding_window_layers" : "global_attn_every_n_layers";
  const Json* flags = c.find(pattern);
  const bool listed = c.has("layer_types") || (flags && flags->is_array());
  const std::size_t each = listed ? 1 : c.count_or(pattern, 3, 1u << 16);
  const std::vector<bool> local = listed ? sliding_layers(c, r.layers.size(), 0) : std::vector<bool>{};
  each_attention(r, [&](Attention::Shape& a, std::size_t i) {
    const bool here = local.empty() ? i % each != 0 : local[i];
    a.window = here ? window / 2 * 2 + 1 : 0;
    a.rope = here ? 1 : 0;
  });
  each_mlp(r, [](Mlp::Shape& m, std::size_t) { m.gated = true; });
  return r;
}

Naming modernbert_names(const Config& c) {
  const bool language = c.architecture().ends_with("ForMaskedLM");
  return {{"embeddings.tok_embeddings", "token_embd"},
          {"embeddings.norm", "token_embd_norm"},
          {"final_norm", "output_norm"},
          {"layers.{}.attn_norm", "blk.{}.attn_norm"},
          {"layers.{}.attn.Wqkv", "blk.{}.attn_qkv"},
          {"layers.{}.attn.Wo", "blk.{}.attn_output"},
          {"layers.{}.mlp_norm", "blk.{}.ffn_norm"},
          {"layers.{}.mlp.Wi", "blk.{}.ffn_up"},
          {"layers.{}.mlp.Wo", "blk.{}.ffn_down"},
          {"head.dense", language ? "output_transform" : "cls"},
          {"head.norm", language ? "output_transform_norm" : "cls.norm"},
          {"classifier", "cls.output"},
          {"decoder", "output"}};
}

}  // namespace ondol
