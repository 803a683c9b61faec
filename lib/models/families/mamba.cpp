// Mamba: selective state spaces and nothing else, one norm a layer.
#include "models/families/families.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {

Recipe mamba(const Config& c) {
  Recipe r = recurrent_like(c);
  if (c.flag_or("ssm_dt_b_c_rms", false)) {
    c.refuse("ssm_dt_b_c_rms", "false: Falcon Mamba's norms without weights are not known", Status::unsupported);
  }
  r.layers.assign(c.count("num_hidden_layers", 10'000), {mamba_of(c), std::monostate{}});
  return r;
}

Naming mamba_names(const Config&) {
  return {{"backbone.embeddings", "token_embd"},
          {"backbone.norm_f", "output_norm"},
          {"lm_head", "output"},
          {"backbone.layers.{}.norm", "blk.{}.attn_norm"},
          {"backbone.layers.{}.mixer.in_proj", "blk.{}.ssm_in"},
          {"backbone.layers.{}.mixer.conv1d", "blk.{}.ssm_conv1d", &layouts::depthwise},
          {"backbone.layers.{}.mixer.x_proj", "blk.{}.ssm_x"},
          {"backbone.layers.{}.mixer.dt_proj", "blk.{}.ssm_dt"},
          {"backbone.layers.{}.mixer.A_log", "blk.{}.ssm_a", &layouts::minus_exp},
          {"backbone.layers.{}.mixer.D", "blk.{}.ssm_d"},
          {"backbone.layers.{}.mixer.out_proj", "blk.{}.ssm_out"}};
}

}  // namespace ondol
