// Falcon-H1: attention and Mamba 2 side by side in every layer, with factors on nearly everything. GGUF files have the
// factors in their weights.
#include <algorithm>
#include <array>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {
namespace {

template <std::size_t n>
std::array<double, n> numbers_or_ones(const Config& c, std::string_view name) {
  std::array<double, n> out{};
  out.fill(1);
  const std::vector<double> stated = c.numbers(name);
  if (stated.empty()) return out;
  if (stated.size() != n) c.refuse(name, n == 2 ? "2 numbers" : "5 numbers");
  std::ranges::copy(stated, out.begin());
  return out;
}

}  // namespace

Recipe falcon_h1(const Config& c) {
  Recipe r = llama_like(c);
  AttentionAndMamba2::Shape mixer{.attention = *r.attention(), .mamba2 = mamba2_of(c)};
  auto mlp = std::get<Mlp::Shape>(r.layers.front().feed_forward);
  mixer.mamba2.norm = c.flag_or("mamba_rms_norm", false);
  mixer.mamba2.norm_before_gate = !c.is_gguf() && c.flag_or("mamba_norm_before_gate", true);
  if (!c.is_gguf()) {
    const double attention_in = c.number_or("attention_in_multiplier", 1);
    const double state_space_in = c.number_or("ssm_in_multiplier", 1);
    const auto biased = [&](const char* name, double in) {  // then a factor of the input is none of the output
      if (in != 1 && c.flag_or(name, false)) c.refuse(name, "false", Status::unsupported);
    };
    biased("attention_bias", attention_in);
    biased("mamba_proj_bias", state_space_in);
    mixer.attention.scale *= attention_in;  // queries are seen through the scores only
    mixer.attention.key_scale = attention_in * c.number_or("key_multiplier", 1);
    mixer.attention.output_scale = attention_in * c.number_or("attention_out_multiplier", 1);
    mixer.mamba2.input_scales = numbers_or_ones<5>(c, "ssm_multipliers");
    for (double& scale : mixer.mamba2.input_scales) scale *= state_space_in;
    mixer.mamba2.output_scale = c.number_or("ssm_out_multiplier", 1);
    const auto factors = numbers_or_ones<2>(c, "mlp_multipliers");
    mlp.gate_scale = factors[0];
    mlp.output_scale = factors[1];
    r.embedding_scale = c.number_or("embedding_multiplier", 1);
    r.logit_scale = c.number_or("lm_head_multiplier", 1);
  }
  r.layers.assign(r.layers.size(), {mixer, mlp});
  return r;
}

Naming falcon_h1_names(const Config&) {
  return with(with(llama_names(), hybrid_mamba2_names()),
              {{"model.final_layernorm", "output_norm"},
               {"model.layers.{}.pre_ff_layernorm", "blk.{}.ffn_norm"},
               {"model.layers.{}.feed_forward.gate_proj", "blk.{}.ffn_gate"},
               {"model.layers.{}.feed_forward.up_proj", "blk.{}.ffn_up"},
               {"model.layers.{}.feed_forward.down_proj", "blk.{}.ffn_down"}});
}

}  // namespace ondol
