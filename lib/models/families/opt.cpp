// OPT: learned positions from row 2 on, ReLU; the 350 M model with norms behind the sums and a narrow embedding.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {
namespace {

bool norm_first(const Config& c) { return c.flag_or("do_layer_norm_before", true); }

}  // namespace

Recipe opt(const Config& c) {
  Recipe r = gpt_like(c);
  r.positions = 2;
  r.embedding_size = c.count_or("word_embed_proj_dim", r.hidden_size);
  if (!norm_first(c)) r.norm_place = NormPlace::residual;
  r.final_norm = norm_first(c) && !c.flag_or("_remove_final_layer_norm", false);
  each_mlp(r, [&](Mlp::Shape& m, std::size_t) { m.activation = activation_of(c, "relu"); });
  return r;
}

Naming opt_names(const Config& c) {
  const bool first = norm_first(c);
  return {{"model.decoder.embed_tokens", "token_embd"},
          {"model.decoder.embed_positions", "position_embd"},
          {"model.decoder.project_in", "embd_projection"},
          {"model.decoder.project_out", "output_projection"},
          {"model.decoder.final_layer_norm", "output_norm"},
          {"lm_head", "output"},
          {"model.decoder.layers.{}.self_attn_layer_norm", first ? "blk.{}.attn_norm" : "blk.{}.attn_output_norm"},
          {"model.decoder.layers.{}.self_attn.q_proj", "blk.{}.attn_q"},
          {"model.decoder.layers.{}.self_attn.k_proj", "blk.{}.attn_k"},
          {"model.decoder.layers.{}.self_attn.v_proj", "blk.{}.attn_v"},
          {"model.decoder.layers.{}.self_attn.out_proj", "blk.{}.attn_output"},
          {"model.decoder.layers.{}.final_layer_norm", first ? "blk.{}.ffn_norm" : "blk.{}.layer_output_norm"},
          {"model.decoder.layers.{}.fc1", "blk.{}.ffn_up"},
          {"model.decoder.layers.{}.fc2", "blk.{}.ffn_down"}};
}

}  // namespace ondol
