#include "models/latent_config.hpp"

#include <cmath>

namespace ondol {

LatentAttention::Shape latent_of(const Config& c) {
  constexpr std::size_t most = 65'536;
  LatentAttention::Shape s;
  s.heads = c.count("num_attention_heads", most);
  s.query_rank = c.count_or("q_lora_rank", 0, most);
  s.latent_dim = c.count("kv_lora_rank", most);
  s.rope_dim = c.count("qk_rope_head_dim", most);
  if (c.has("qk_nope_head_dim")) {
    s.plain_dim = c.count("qk_nope_head_dim", most);
  } else {
    const std::string_view whole = c.has("qk_head_dim") ? "qk_head_dim" : "head_dim";
    const std::size_t head_dim = c.count(whole, most);
    if (head_dim <= s.rope_dim) c.refuse(whole, "more than the rotated dimensions");
    s.plain_dim = head_dim - s.rope_dim;
  }
  s.value_dim = c.count("v_head_dim", most);
  s.scale = 1 / std::sqrt(static_cast<double>(s.plain_dim + s.rope_dim));
  return s;
}

}  // namespace ondol
