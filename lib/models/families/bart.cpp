// BART, and what differs in mBART, Marian, M2M-100 and Pegasus: where the norms stand, and how positions are told.
#include <algorithm>
#include <cmath>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {
namespace {

bool norm_first(const Config& c) {
  const std::string& type = c.model_type();
  return type == "mbart" || type == "m2m_100" || type == "pegasus";
}

Recipe stack(const Config& c, const std::string& side) {
  Recipe r;
  r.context = c.count_or("max_position_embeddings", 1024, 1u << 30);
  r.hidden_size = c.count("hidden_size");
  r.norm = NormKind::layer;
  r.norm_eps = 1e-5;
  r.norm_place = norm_first(c) ? NormPlace::before : NormPlace::residual;
  r.final_norm = norm_first(c);
  if (c.flag_or("scale_embedding", false)) r.embedding_scale = std::sqrt(double(r.hidden_size));
  const bool encoder = side == "encoder";
  Attention::Shape a{.heads = c.count(side + "_attention_heads", 65'536)};
  a.kv_heads = a.heads;
  a.head_dim = r.hidden_size / a.heads;
  if (a.head_dim == 0 || a.head_dim > 512) c.refuse(side + "_attention_heads", "heads of 1 .. 512 dimensions");
  a.scale = 1 / std::sqrt(double(a.head_dim));
  a.rope = -1;
  LayerRecipe layer{
      .mixer = a,
      .feed_forward = Mlp::Shape{
          .intermediate_size = c.count(side + "_ffn_dim"), .activation = activation_of(c, "gelu"), .gated = false}};
  if (!encoder) layer.cross = a;
  r.layers.assign(c.count(side + "_layers", 10'000), layer);
  r.both_directions = encoder;
  r.prefix = encoder ? "enc." : "dec.";
  return r;
}

/// Calls change(recipe) for both sides.
template <class Change>
Recipe both(const Config& c, Change&& change) {
  Recipe encoder = stack(c, "encoder");
  Recipe r = stack(c, "decoder");
  change(encoder);
  change(r);
  r.encoder.push_back(std::move(encoder));
  return r;
}

}  // namespace

Recipe bart(const Config& c) {
  return both(c, [](Recipe& r) {
    r.embedding_norm = true;
    r.positions = 2;
  });
}

Recipe mbart(const Config& c) { return bart(c); }

Recipe marian(const Config& c) {
  return both(c, [](Recipe& r) {
    r.positions = 0;
    r.position_kind = Positions::sinusoidal;
  });
}

Recipe pegasus(const Config& c) { return marian(c); }

Recipe m2m100(const Config& c) {
  const auto padding = static_cast<std::size_t>(std::max(0.0, c.number_or("pad_token_id", 1)));
  if (padding > 1u << 24) c.refuse("pad_token_id", "a token");
  return both(c, [&](Recipe& r) {
    r.positions = padding + 1;
    r.position_kind = Positions::sinusoidal_to_end;
  });
}

Naming bart_names(const Config& c) {
  const bool first = norm_first(c);
  return {{"encoder.embed_tokens", "token_embd"},
          {"decoder.embed_tokens", "token_embd"},
          {"shared", "token_embd"},
          {"lm_head", "output"},
          {"final_logits_bias", "output.bias", &layouts::one_row},
          {"encoder.embed_positions", "enc.position_embd"},
          {"encoder.layernorm_embedding", "enc.token_embd_norm"},
          {"encoder.layer_norm", "enc.output_norm"},
          {"encoder.layers.{}.self_attn.q_proj", "enc.blk.{}.attn_q"},
          {"encoder.layers.{}.self_attn.k_proj", "enc.blk.{}.attn_k"},
          {"encoder.layers.{}.self_attn.v_proj", "enc.blk.{}.attn_v"},
          {"encoder.layers.{}.self_attn.out_proj", "enc.blk.{}.attn_o"},
          {"encoder.layers.{}.self_attn_layer_norm", first ? "enc.blk.{}.attn_norm" : "enc.blk.{}.attn_output_norm"},
          {"encoder.layers.{}.fc1", "enc.blk.{}.ffn_up"},
          {"encoder.layers.{}.fc2", "enc.blk.{}.ffn_down"},
          {"encoder.layers.{}.final_layer_norm", first ? "enc.blk.{}.ffn_norm" : "enc.blk.{}.layer_output_norm"},
          {"decoder.embed_positions", "dec.position_embd"},
          {"decoder.layernorm_embedding", "dec.token_embd_norm"},
          {"decoder.layer_norm", "dec.output_norm"},
          {"decoder.layers.{}.self_attn.q_proj", "dec.blk.{}.attn_q"},
          {"decoder.layers.{}.self_attn.k_proj", "dec.blk.{}.attn_k"},
          {"decoder.layers.{}.self_attn.v_proj", "dec.blk.{}.attn_v"},
          {"decoder.layers.{}.self_attn.out_proj", "dec.blk.{}.attn_o"},
          {"decoder.layers.{}.self_attn_layer_norm", first ? "dec.blk.{}.attn_norm" : "dec.blk.{}.attn_output_norm"},
          {"decoder.layers.{}.encoder_attn.q_proj", "dec.blk.{}.cross_attn_q"},
          {"decoder.layers.{}.encoder_attn.k_proj", "dec.blk.{}.cross_attn_k"},
          {"decoder.layers.{}.encoder_attn.v_proj", "dec.blk.{}.cross_attn_v"},
          {"decoder.layers.{}.encoder_attn.out_proj", "dec.blk.{}.cross_attn_o"},
          {"decoder.layers.{}.encoder_attn_layer_norm",
           first ? "dec.blk.{}.cross_attn_norm" : "dec.blk.{}.cross_attn_output_norm"},
          {"decoder.layers.{}.fc1", "dec.blk.{}.ffn_up"},
          {"decoder.layers.{}.fc2", "dec.blk.{}.ffn_down"},
          {"decoder.layers.{}.final_layer_norm", first ? "dec.blk.{}.ffn_norm" : "dec.blk.{}.layer_output_norm"}};
}

}  // namespace ondol
