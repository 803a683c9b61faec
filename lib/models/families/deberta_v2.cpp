// DeBERTa v2 and v3: disentangled attention over relative positions.
#include <algorithm>
#include <cmath>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {
namespace {

/// pos_att_type: a list, or "c2p|p2c".
bool has_type(const Config& c, std::string_view type) {
  const Json* value = c.find("pos_att_type");
  if (value && value->is_string()) return value->as_string()->find(type) != std::string::npos;
  return std::ranges::count(c.texts("pos_att_type"), type) > 0;
}

std::size_t or_zero(const Config& c, std::string_view name) {
  return c.number_or(name, -1) > 0 ? c.count(name, 1u << 16) : 0;
}

}  // namespace

Recipe deberta_v2(const Config& c) {
  Recipe r = bert(c);
  if (!c.flag_or("relative_attention", false)) c.refuse("relative_attention", "true", Status::unsupported);
  if (or_zero(c, "conv_kernel_size") > 0) c.refuse("conv_kernel_size", "0: no convolution", Status::unsupported);
  if (!c.flag_or("position_biased_input", true)) r.positions.reset();
  if (const std::size_t width = c.count_or("embedding_size", r.hidden_size); width != r.hidden_size) {
    c.refuse("embedding_size", "hidden_size", Status::unsupported);
  }
  DisentangledAttention::Shape shape{.attention = *r.attention()};
  shape.content_to_position = has_type(c, "c2p");
  shape.position_to_content = has_type(c, "p2c");
  shape.shared_projections = c.flag_or("share_att_key", false);
  shape.buckets = or_zero(c, "position_buckets");
  shape.max_distance = or_zero(c, "max_relative_positions");
  if (shape.max_distance == 0) shape.max_distance = r.context;
  shape.span = shape.buckets ? shape.buckets : shape.max_distance;
  if (shape.buckets > 0 && (shape.buckets < 4 || shape.max_distance <= shape.buckets / 2 + 1)) {
    c.refuse("position_buckets", "4 or more, and less than twice the largest distance");
  }
  const int parts = 1 + int(shape.content_to_position) + int(shape.position_to_content);
  shape.attention.scale = 1 / std::sqrt(double(shape.attention.head_dim) * parts);
  for (LayerRecipe& layer : r.layers) layer.mixer = shape;
  r.relative_positions = 2 * shape.span;
  r.transform = activation_of(c, "gelu");
  r.head.activation = Activation::gelu;
  return r;
}

Naming deberta_v2_names(const Config& c) {
  return with(bert_names(c), {{"encoder.rel_embeddings", "rel_embd"},
                              {"encoder.LayerNorm", "rel_embd_norm"},
                              {"encoder.layer.{}.attention.self.query_proj", "blk.{}.attn_q"},
                              {"encoder.layer.{}.attention.self.key_proj", "blk.{}.attn_k"},
                              {"encoder.layer.{}.attention.self.value_proj", "blk.{}.attn_v"},
                              {"encoder.layer.{}.attention.self.pos_query_proj", "blk.{}.attn_q_rel"},
                              {"encoder.layer.{}.attention.self.pos_key_proj", "blk.{}.attn_k_rel"},
                              {"lm_predictions.lm_head.dense", "output_transform"},
                              {"lm_predictions.lm_head.LayerNorm", "output_transform_norm"},
                              {"lm_predictions.lm_head", "output"}});
}

}  // namespace ondol
