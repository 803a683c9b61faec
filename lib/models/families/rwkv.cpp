// RWKV-4: LayerNorm, time mix and channel mix, a norm behind the embedding. (rescale_every halves rows for float16's
// sake, which the norms undo.)
#include "models/families/families.hpp"
#include "models/recurrent_config.hpp"

namespace ondol {

Recipe rwkv(const Config& c) {
  Recipe r = recurrent_like(c);
  r.norm = NormKind::layer;
  r.embedding_norm = true;
  r.final_norm_eps = 1e-5;
  const RwkvTimeMix::Shape time{.hidden = r.hidden_size,
                                .channels = c.count_or("attention_hidden_size", r.hidden_size)};
  const RwkvChannelMix::Shape channel{.hidden = r.hidden_size,
                                      .intermediate_size = c.count_or("intermediate_size", 4 * r.hidden_size)};
  r.layers.assign(c.count("num_hidden_layers", 10'000), {time, channel});
  return r;
}

Naming rwkv_names(const Config&) {
  return {
      {"rwkv.embeddings", "token_embd"},
      {"rwkv.blocks.{}.pre_ln", "token_embd_norm"},
      {"rwkv.ln_out", "output_norm"},
      {"head", "output"},
      {"rwkv.blocks.{}.ln1", "blk.{}.attn_norm"},
      {"rwkv.blocks.{}.attention.time_mix_key", "blk.{}.time_mix_lerp_k.weight", &layouts::per_channel},
      {"rwkv.blocks.{}.attention.time_mix_value", "blk.{}.time_mix_lerp_v.weight", &layouts::per_channel},
      {"rwkv.blocks.{}.attention.time_mix_receptance", "blk.{}.time_mix_lerp_r.weight", &layouts::per_channel},
      {"rwkv.blocks.{}.attention.time_first", "blk.{}.time_mix_first.weight"},
      {"rwkv.blocks.{}.attention.time_decay", "blk.{}.time_mix_decay.weight", &layouts::minus_exp},
      {"rwkv.blocks.{}.attention.key", "blk.{}.time_mix_key"},
      {"rwkv.blocks.{}.attention.value", "blk.{}.time_mix_value"},
      {"rwkv.blocks.{}.attention.receptance", "blk.{}.time_mix_receptance"},
      {"rwkv.blocks.{}.attention.output", "blk.{}.time_mix_output"},
      {"rwkv.blocks.{}.ln2", "blk.{}.ffn_norm"},
      {"rwkv.blocks.{}.feed_forward.time_mix_key", "blk.{}.channel_mix_lerp_k.weight", &layouts::per_channel},
      {"rwkv.blocks.{}.feed_forward.time_mix_receptance", "blk.{}.channel_mix_lerp_r.weight", &layouts::per_channel},
      {"rwkv.blocks.{}.feed_forward.key", "blk.{}.channel_mix_key"},
      {"rwkv.blocks.{}.feed_forward.value", "blk.{}.channel_mix_value"},
      {"rwkv.blocks.{}.feed_forward.receptance", "blk.{}.channel_mix_receptance"}};
}

}  // namespace ondol
