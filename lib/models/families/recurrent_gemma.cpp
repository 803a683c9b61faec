// RecurrentGemma (Griffin): gated linear recurrences, some layers of attention with a window, Gemma's norms.
#include <algorithm>
#include <cmath>

#include "base/half.hpp"
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {
namespace {

/// Rates of decay are stored as parameters p: -8 softplus(p).
void to_rates(const Config&, Weight& w) {
  change_values(w, [](float p) {
    const double x = p;
    return static_cast<float>(-8 * (std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)))));
  });
}
void from_rates(const Config&, Weight& w) {
  change_values(w, [](float rate) { return static_cast<float>(std::log(std::expm1(rate / -8.0))); });
}
constexpr Layout rates{to_rates, from_rates};

}  // namespace

Recipe recurrent_gemma(const Config& c) {
  Recipe r = gemma(c);
  // The reference implementation keeps this factor as bfloat16.
  r.embedding_scale = bfloat_to_float(float_to_bfloat(static_cast<float>(r.embedding_scale)));
  r.logit_softcap = c.positive_or("final_logit_softcapping", 30);
  const std::vector<bool> attention = attention_layers(c, r.layers.size());
  const std::size_t window = c.count_or("attention_window_size", 2048, 1u << 30);
  each_attention(r, [&](Attention::Shape& a, std::size_t) { a.window = window; });
  each_mlp(r, [](Mlp::Shape& m, std::size_t) { m.intermediate_size /= 2; });
  const RgLru::Shape recurrence{.channels = c.count_or("lru_width", r.hidden_size),
                                .blocks = c.count("num_attention_heads", 65'536),
                                .kernel = kernel_of(c),
                                .activation = activation_of(c, "gelu_pytorch_tanh")};
  if (recurrence.channels % recurrence.blocks != 0) c.refuse("lru_width", "a multiple of the number of heads");
  for (std::size_t i = 0; i < r.layers.size(); ++i) {
    if (!attention[i]) r.layers[i].mixer = recurrence;
  }
  return r;
}

Naming recurrent_gemma_names(const Config&) {
  const Layout* one = &layouts::plus_one;
  const Layout* turned = &layouts::transposed;
  return {
      {"model.embed_tokens", "token_embd"},
      {"model.final_norm", "output_norm", one},
      {"lm_head", "output"},
      {"model.layers.{}.temporal_pre_norm", "blk.{}.attn_norm", one},
      {"model.layers.{}.temporal_block.q_proj", "blk.{}.attn_q"},
      {"model.layers.{}.temporal_block.k_proj", "blk.{}.attn_k"},
      {"model.layers.{}.temporal_block.v_proj", "blk.{}.attn_v"},
      {"model.layers.{}.temporal_block.o_proj", "blk.{}.attn_output"},
      {"model.layers.{}.temporal_block.linear_x", "blk.{}.rglru_in"},
      {"model.layers.{}.temporal_block.linear_y", "blk.{}.rglru_side"},
      {"model.layers.{}.temporal_block.conv_1d", "blk.{}.rglru_conv1d", &layouts::depthwise},
      {"model.layers.{}.temporal_block.rg_lru.input_gate_weight", "blk.{}.rglru_input_gate.weight", turned},
      {"model.layers.{}.temporal_block.rg_lru.input_gate_bias", "blk.{}.rglru_input_gate.bias"},
      {"model.layers.{}.temporal_block.rg_lru.recurrent_gate_weight", "blk.{}.rglru_recurrence_gate.weight", turned},
      {"model.layers.{}.temporal_block.rg_lru.recurrent_gate_bias", "blk.{}.rglru_recurrence_gate.bias"},
      {"model.layers.{}.temporal_block.rg_lru.recurrent_param", "blk.{}.rglru_decay", &rates},
      {"model.layers.{}.temporal_block.linear_out", "blk.{}.rglru_out"},
      {"model.layers.{}.channel_pre_norm", "blk.{}.ffn_norm", one},
      {"model.layers.{}.mlp_block.gate_proj", "blk.{}.ffn_gate"},
      {"model.layers.{}.mlp_block.up_proj", "blk.{}.ffn_up"},
      {"model.layers.{}.mlp_block.down_proj", "blk.{}.ffn_down"}};
}

}  // namespace ondol
