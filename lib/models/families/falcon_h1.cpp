// Falcon-H1: attention and Mamba 2 side by side in every layer, with factors on nearly everything. GGUF files have the
// factors in their weights.
#include <algorithm>
#include <array>

#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {
namespace {

struct Factors {
  double attention_in, attention_out, key, gate, down, state_space_in, state_space_out, embedding, head;
  std::array<double, 5> state_space;  // of z, x, B, C and dt
};

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

Factors factors_of(const Config& c) {
  const auto mlp = numbers_or_ones<2>(c, "mlp_multipliers");
  return {.attention_in = c.number_or("attention_in_multiplier", 1),
          .attention_out = c.number_or("attention_out_multiplier", 1),
          .key = c.number_or("key_multiplier", 1),
          .gate = mlp[0],
          .down = mlp[1],
          .state_space_in = c.number_or("ssm_in_multiplier", 1),
          .state_space_out = c.number_or("ssm_out_multiplier", 1),
          .embedding = c.number_or("embedding_multiplier", 1),
          .head = c.number_or("lm_head_multiplier", 1),
          .state_space = numbers_or_ones<5>(c, "ssm_multipliers")};
}

}  // namespace

Recipe falcon_h1(const Config& c) {
  Recipe r = llama_like(c);
  AttentionAndMamba2::Shape mixer{.attention = *r.attention(), .mamba2 = mamba2_of(c)};
  auto mlp = std::get<Mlp::Shape>(r.layers.front().feed_forward);
  mixer.mamba2.norm = c.is_gguf() || c.flag_or("mamba_rms_norm", false);
  mixer.mamba2.norm_before_gate = !c.is_gguf() && c.flag_or("mamba_norm_before_gate", true);
  if (!c.is_gguf()) {
    const Factors f = factors_of(c);
    mixer.attention.scale *= f.attention_in;  // queries are seen through the scores only
    mixer.attention.key_scale = f.attention_in * f.key;
    mixer.attention.output_scale = f.attention_in * f.attention_out;
    for (std::size_t i = 0; i < 5; ++i) mixer.mamba2.input_scales[i] = f.state_space_in * f.state_space[i];
    mixer.mamba2.output_scale = f.state_space_out;
    mlp.gate_scale = f.gate;
    mlp.output_scale = f.down;
    r.embedding_scale = f.embedding;
    r.logit_scale = f.head;
  }
  r.layers.assign(r.layers.size(), {mixer, mlp});
  return r;
}

Naming falcon_h1_names(const Config&) {
  return with(with(llama_names(), state_space_names()),
              {{"model.final_layernorm", "output_norm"},
               {"model.layers.{}.pre_ff_layernorm", "blk.{}.ffn_norm"},
               {"model.layers.{}.feed_forward.gate_proj", "blk.{}.ffn_gate"},
               {"model.layers.{}.feed_forward.up_proj", "blk.{}.ffn_up"},
               {"model.layers.{}.feed_forward.down_proj", "blk.{}.ffn_down"}});
}

}  // namespace ondol
