#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "blocks/linear.hpp"
#include "blocks/norm.hpp"
#include "blocks/rope.hpp"
#include "ondol/kv_cache.hpp"

namespace ondol {

/// The keys and values that some rows of a pass read and extend: one layer of one sequence. keys[head * blocks + b] and
/// values[...] are blocks as kernels/attention.hpp lays them out; those no row sees may be null.
struct KeyValueSpan {
  std::size_t first_row;  ///< first of the pass's rows that belong to the sequence
  std::size_t rows;
  std::uint32_t first_position;  ///< of first_row; the rows that follow stand behind it one by one
  std::byte** keys;
  std::byte** values;
  std::size_t blocks;    ///< blocks a head, enough for all positions of these rows
  std::size_t seen = 0;  ///< > 0: all rows see so many positions, in both directions; 0: those up to their own
};

/// What is added to scores. By the distance between key and query: of head h, at[h * stride + key - query]; or, with a
/// row_stride, by row and key: at[h * stride + row * row_stride + key]. Read for whole blocks.
struct DistanceBias {
  const float* at = nullptr;  ///< null: nothing
  std::size_t stride = 0;
  std::size_t row_stride = 0;
};

/// Norms of queries and keys.
enum class QueryKeyNorm : std::uint8_t {
  none,
  head,       ///< one weight [head_dim] for all heads
  each_head,  ///< a weight [heads, head_dim]
  plain,      ///< of each head, without a weight
  whole       ///< over all heads at once, [heads * head_dim]
};

/// Self-attention with grouped heads (Ainslie et al. 2023) over the cache, or over whole sequences in both directions.
struct Attention {
  struct Shape {
    std::size_t heads = 0;
    std::size_t kv_heads = 0;
    std::size_t head_dim = 0;
    double scale = 0;        ///< of the scores, usually 1 / sqrt(head_dim)
    std::size_t window = 0;  ///< positions a row sees, itself included (in both directions: in the middle); 0 = all
    std::size_t chunk = 0;   ///< > 0: a row sees its own chunk of so many positions only
    int rope = 0;            ///< which of the model's rotary embeddings; -1 = none
    QueryKeyNorm query_key_norm = QueryKeyNorm::none;
    bool norm_after_rope = false;
    double key_scale = 1;     ///< of keys, before all else
    double output_scale = 1;  ///< of the whole
    double softcap = 0;       ///< scores become softcap * tanh(score / softcap); 0 = not
    double clip = 0;          ///< values, and queries and keys behind their norm, are cut to +-clip; 0 = not
    double alibi = 0;         ///< > 0: the largest exponent of ALiBi's slopes (Press et al. 2022), usually 8
    double alibi_scale = 1;
    bool relative_bias = false;  ///< the model's biases by distance are added to the scores
    /// > 0: queries are multiplied by 1 + temperature_scale * ln(1 + floor((position + 1) / temperature_step))
    /// (Nakanishi 2025, as Llama 4 has it).
    double temperature_step = 0;
    double temperature_scale = 0;
    bool sinks = false;  ///< a learned score without a value for each head
    bool gated = false;  ///< heads are multiplied by the sigmoid of a gate, which stands behind each query

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear query;  ///< [heads, head_dim], or gated, [heads, 2, head_dim]
  Linear key;
  Linear value;
  Linear output;
  Norm query_norm;
  Norm key_norm;
  std::vector<float> sinks;  ///< [heads], if the shape has them

  /// What the layers of a pass share.
  struct Pass {
    const Rope* rope = nullptr;  ///< null: none
    Rope::Angles angles{};
    DistanceBias bias{};
    CacheType type{};
  };
  /// Stores the rows' keys and values, then attends. x and out are [rows, hidden_size]; `spans` cover all rows.
  void apply(Activations& x, const Pass& pass, std::span<const KeyValueSpan> spans, float* out, Compute& compute) const;

 private:
  void prepare(float* x, std::size_t heads_of_x, const Norm& norm, const Pass& pass, std::size_t row,
               const Kernels& kernels) const;
};

/// mixed = softmax(scale * queries keys^T + bias) values, both [rows, heads * head_dim].
struct AttendTask {
  const Attention::Shape& shape;
  const float* queries;
  std::size_t rows;
  std::span<const KeyValueSpan> spans;
  DistanceBias bias;
  std::span<const float> sinks;
  CacheType type;
};
void attend(const AttendTask& task, float* mixed, Compute& compute);

/// Stores `count` rows of keys and values, [rows, kv_heads * dim] each, as positions from `position` on of blocks as
/// KeyValueSpan has them.
void store_row(const Attention::Shape& shape, const float* key, const float* value, std::size_t position,
               const KeyValueSpan& span, CacheType type, const Kernels& kernels);

/// ALiBi's slope of each head: a geometric series, interleaved with that of twice as many heads where their number is
/// no power of two.
[[nodiscard]] std::vector<float> alibi_slopes(std::size_t heads, double largest_exponent);

}  // namespace ondol
