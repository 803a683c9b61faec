// Phi 3.5 MoE: Phi 3 with LayerNorm and biases, and two experts that SparseMixer chooses.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe phimoe(const Config& c) {
  Recipe r = phi3(c);
  r.norm = NormKind::layer;
  Experts::Shape experts = experts_of(c, Router::Scoring::sparse_mixer);
  experts.router.used = std::min<std::size_t>(2, experts.router.experts);  // whatever num_experts_per_tok says
  experts.router.jitter = c.number_or("router_jitter_noise", 0.01f);
  put_experts(r, experts);
  return r;
}

}  // namespace ondol
