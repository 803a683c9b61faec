// Qwen 3: Qwen 2 with norms of each query and key head, no biases.
#include "models/families/families.hpp"
#include "models/llama_like.hpp"

namespace ondol {

Recipe qwen3(const Config& c) {
  Recipe r = qwen2(c);
  each_attention(r, [](Attention::Shape& a, std::size_t) { a.query_key_norm = QueryKeyNorm::head; });
  return r;
}

}  // namespace ondol
