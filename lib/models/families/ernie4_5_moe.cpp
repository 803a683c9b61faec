// ERNIE 4.5 with experts: a softmax with a bias on the choice, weights of the chosen made to add up to one, shared
// experts; some layers are dense.
#include "models/expert_config.hpp"
#include "models/families/families.hpp"

namespace ondol {

Recipe ernie4_5_moe(const Config& c) {
  Recipe r = ernie4_5(c);
  Experts::Shape experts = experts_of(c, Router::Scoring::softmax);
  experts.router.normalise = true;
  const std::size_t first = c.count_or("first_k_dense_replace", 0, 10'000);
  const std::size_t step = c.count_or("interleave_moe_layer_step", 1);
  const double stated = c.number_or("moe_layer_end_index", -1);
  const double last = stated < 0 ? static_cast<double>(r.layers.size()) : stated;
  put_experts(r, experts,
              [&](std::size_t i) { return i >= first && static_cast<double>(i) <= last && (i + 1) % step == 0; });
  return r;
}

Naming ernie4_5_moe_names(const Config&) {
  return with(with_experts(llama_names()),
              {{"model.layers.{}.mlp.moe_statics.e_score_correction_bias", "blk.{}.exp_probs_b.bias", &layouts::one_row}});
}

}  // namespace ondol
