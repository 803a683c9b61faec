// The tensors of blocks with a state, under the names of GGUF files.
#include "models/layer_place.hpp"

namespace ondol {

void LayerPlace::norm(const char* name, std::size_t n, Norm& to) const {
  to.kind = recipe.norm;
  to.eps = static_cast<float>(recipe.norm_eps);
  binder.norm((*this)(name), n, to);
}

void LayerPlace::convolution(const char* name, std::size_t channels, std::size_t kernel, CausalConvolution& to) const {
  to.channels = channels;
  to.kernel = kernel;
  const std::string full = (*this)(name);
  binder.transposed(full + ".weight", channels, kernel, to.weight);
  if (binder.has(full + ".bias")) binder.vector(full + ".bias", channels, to.bias);
}

void bind(const Mamba::Shape& shape, const LayerPlace& at, Mamba& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t n = shape.channels;
  at.binder.linear(at("ssm_in"), 2 * n, hidden, to.in);
  at.convolution("ssm_conv1d", n, shape.kernel, to.convolution);
  at.binder.linear(at("ssm_x"), shape.rank + 2 * shape.states, n, to.parameters);
  if (shape.norms) {
    at.norm("ssm_dt_norm", shape.rank, to.step_norm);
    at.norm("ssm_b_norm", shape.states, to.b_norm);
    at.norm("ssm_c_norm", shape.states, to.c_norm);
  }
  at.binder.linear(at("ssm_dt"), n, shape.rank, to.step);
  at.binder.transposed(at("ssm_a"), n, shape.states, to.a);
  at.binder.vector(at("ssm_d"), n, to.d);
  at.binder.linear(at("ssm_out"), hidden, n, to.output);
}

void bind(const Mamba2::Shape& shape, const LayerPlace& at, Mamba2& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  at.binder.linear(at("ssm_in"), shape.width() + shape.channels() + shape.heads, hidden, to.in);
  at.convolution("ssm_conv1d", shape.channels(), shape.kernel, to.convolution);
  at.binder.vector(at("ssm_dt.bias"), shape.heads, to.step_bias);
  at.binder.vector(at("ssm_a"), shape.heads, to.a);
  at.binder.vector(at("ssm_d"), shape.heads, to.d);
  if (shape.norm) at.norm("ssm_norm", shape.width(), to.norm);
  at.binder.linear(at("ssm_out"), hidden, shape.width(), to.output);
}

void bind(const ShortConvolution::Shape& shape, const LayerPlace& at, ShortConvolution& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  at.binder.linear(at("shortconv.in_proj"), 3 * shape.channels, hidden, to.in);
  at.convolution("shortconv.conv", shape.channels, shape.kernel, to.convolution);
  at.binder.linear(at("shortconv.out_proj"), hidden, shape.channels, to.output);
}

void bind(const RgLru::Shape& shape, const LayerPlace& at, RgLru& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  const std::size_t n = shape.channels;
  const std::size_t block = n / shape.blocks;
  at.binder.linear(at("rglru_in"), n, hidden, to.in);
  at.binder.linear(at("rglru_side"), n, hidden, to.side);
  at.convolution("rglru_conv1d", n, shape.kernel, to.convolution);
  at.binder.linears(at("rglru_input_gate"), shape.blocks, block, block, to.input_gate);
  at.binder.linears(at("rglru_recurrence_gate"), shape.blocks, block, block, to.recurrence_gate);
  at.binder.vector(at("rglru_decay"), n, to.decay);
  at.binder.linear(at("rglru_out"), hidden, n, to.output);
}

void bind(const GatedDelta::Shape& shape, const LayerPlace& at, GatedDelta& to) {
  to.shape = shape;
  const std::size_t hidden = at.recipe.hidden_size;
  at.binder.linear(at("attn_qkv"), shape.channels(), hidden, to.in);
  at.binder.linear(at("attn_gate"), shape.values(), hidden, to.gate);
  at.binder.linear(at("ssm_ba"), 2 * shape.value_heads, hidden, to.rates);
  at.convolution("ssm_conv1d", shape.channels(), shape.kernel, to.convolution);
  at.binder.vector(at("ssm_dt.bias"), shape.value_heads, to.step_bias);
  at.binder.vector(at("ssm_a"), shape.value_heads, to.a);
  at.norm("ssm_norm", shape.value_dim, to.norm);
  at.binder.linear(at("ssm_out"), hidden, shape.values(), to.output);
}

void bind(const RwkvTimeMix::Shape& shape, const LayerPlace& at, RwkvTimeMix& to) {
  to.shape = shape;
  at.binder.vector(at("time_mix_lerp_k.weight"), shape.hidden, to.key_shift.share);
  at.binder.vector(at("time_mix_lerp_v.weight"), shape.hidden, to.value_shift.share);
  at.binder.vector(at("time_mix_lerp_r.weight"), shape.hidden, to.receptance_shift.share);
  at.binder.linear(at("time_mix_key"), shape.channels, shape.hidden, to.key);
  at.binder.linear(at("time_mix_value"), shape.channels, shape.hidden, to.value);
  at.binder.linear(at("time_mix_receptance"), shape.channels, shape.hidden, to.receptance);
  at.binder.vector(at("time_mix_first.weight"), shape.channels, to.first);
  at.binder.vector(at("time_mix_decay.weight"), shape.channels, to.decay);
  at.binder.linear(at("time_mix_output"), shape.hidden, shape.channels, to.output);
}

void bind(const RwkvChannelMix::Shape& shape, const LayerPlace& at, RwkvChannelMix& to) {
  to.shape = shape;
  at.binder.vector(at("channel_mix_lerp_k.weight"), shape.hidden, to.key_shift.share);
  at.binder.vector(at("channel_mix_lerp_r.weight"), shape.hidden, to.receptance_shift.share);
  at.binder.linear(at("channel_mix_key"), shape.intermediate_size, shape.hidden, to.key);
  at.binder.linear(at("channel_mix_value"), shape.hidden, shape.intermediate_size, to.value);
  at.binder.linear(at("channel_mix_receptance"), shape.hidden, shape.hidden, to.receptance);
}

}  // namespace ondol
