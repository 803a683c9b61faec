#include "models/expert_config.hpp"

#include <fmt/format.h>

#include "models/llama_like.hpp"

namespace ondol {

Experts::Shape experts_of(const Config& c, Router::Scoring scoring) {
  constexpr std::size_t most = 65'536;
  Experts::Shape s;
  s.router.scoring = scoring;
  s.router.experts = c.count("num_experts", most);
  s.router.used = c.count("num_experts_per_tok", most);
  if (s.router.used > s.router.experts) {
    c.refuse("num_experts_per_tok", fmt::format("at most the {} experts there are", s.router.experts));
  }
  const double scale = c.number_or("routed_scaling_factor", 1);
  s.router.scale = scale == 0 ? 1 : scale;  // GGUF: 0 is none
  s.intermediate_size =
      c.has("moe_intermediate_size") ? c.count("moe_intermediate_size") : c.count("intermediate_size");
  s.activation = activation_of(c, "silu");
  s.shared_size = c.count_or("n_shared_experts", 0, most) * s.intermediate_size;
  return s;
}

void set_expert_groups(const Config& c, Router& r) {
  const std::size_t groups = c.count_or("n_group", 1, r.experts);
  if (groups == 1) return;
  const std::size_t top = c.count_or("topk_group", groups, groups);
  if (r.experts % groups != 0) c.refuse("n_group", fmt::format("a divisor of the {} experts", r.experts));
  if (top * (r.experts / groups) < r.used) {
    c.refuse("topk_group", fmt::format("groups that hold the {} experts of a token", r.used));
  }
  r.groups = groups;
  r.top_groups = top;
}

void put_experts(Recipe& r, const Experts::Shape& experts, const std::function<bool(std::size_t)>& has) {
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    if (has(i)) r.layers[i].feed_forward = experts;
  }
}

std::function<bool(std::size_t)> behind_dense_layers(const Config& c) {
  const std::size_t dense = c.count_or("first_k_dense_replace", 0, 10'000);
  return [dense](std::size_t layer) { return layer >= dense; };
}

}  // namespace ondol
