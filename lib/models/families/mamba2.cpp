// Mamba 2: Mamba with heads, whose decay is one number each, and a gated norm.
#include "models/families/families.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {

Recipe mamba2(const Config& c) {
  Recipe r = recurrent_like(c);
  r.layers.assign(c.count("num_hidden_layers", 10'000), {mamba2_of(c), std::monostate{}});
  return r;
}

Naming mamba2_names(const Config& c) {
  return with(mamba_names(c), {{"backbone.layers.{}.mixer.dt_bias", "blk.{}.ssm_dt.bias"},
                               {"backbone.layers.{}.mixer.A_log", "blk.{}.ssm_a", &layouts::per_head_rates},
                               {"backbone.layers.{}.mixer.D", "blk.{}.ssm_d", &layouts::per_head},
                               {"backbone.layers.{}.mixer.norm", "blk.{}.ssm_norm", &layouts::norm_groups}});
}

const Naming& hybrid_mamba2_names() {
  static const Naming names = {{"model.layers.{}.mamba.in_proj", "blk.{}.ssm_in"},
                               {"model.layers.{}.mamba.conv1d", "blk.{}.ssm_conv1d", &layouts::depthwise},
                               {"model.layers.{}.mamba.dt_bias", "blk.{}.ssm_dt.bias"},
                               {"model.layers.{}.mamba.A_log", "blk.{}.ssm_a", &layouts::per_head_rates},
                               {"model.layers.{}.mamba.D", "blk.{}.ssm_d", &layouts::per_head},
                               {"model.layers.{}.mamba.norm", "blk.{}.ssm_norm", &layouts::norm_groups},
                               {"model.layers.{}.mamba.out_proj", "blk.{}.ssm_out"}};
  return names;
}

}  // namespace ondol
