// Gemma 3: Gemma 2 with norms of queries and keys instead of soft caps; five layers of six have a window and a rotary
// embedding of their own.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"
#include "models/rope_config.hpp"

namespace ondol {

Recipe gemma3(const Config& c) {
  Recipe r = gemma2(c);
  const std::size_t pattern = c.count_or("sliding_window_pattern", c.count_or("_sliding_window_pattern", 6));
  set_windows(c, r, pattern);
  const std::size_t head_dim = r.attention()->head_dim;
  r.ropes = {rope_of(c, head_dim, 1'000'000), rope_of(c, head_dim, 10'000, "sliding_attention")};
  if (c.is_gguf() && !c.has("rope_local_base_freq")) r.ropes[1].theta = 10'000;
  r.ropes[1].scaling = {};
  each_attention(r, [](Attention::Shape& a, std::size_t) {
    a.query_key_norm = QueryKeyNorm::head;
    a.rope = a.window ? 1 : 0;
  });
  // EmbeddingGemma: an encoder, whose windows lie around each position.
  if (c.flag_or("use_bidirectional_attention", c.model_type() == "gemma-embedding")) {
    r.both_directions = true;
    each_attention(r, [](Attention::Shape& a, std::size_t) {
      if (a.window) a.window = a.window / 2 * 2 + 1;
    });
  }
  return r;
}

}  // namespace ondol
