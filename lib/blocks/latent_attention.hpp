#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "blocks/attention.hpp"
#include "blocks/linear.hpp"
#include "blocks/norm.hpp"

namespace ondol {

/// Multi-head latent attention (DeepSeek-V2, 2024, 2.1). The cache holds one vector a position, the normed latent and
/// one rotated key part that all heads share: [latent_dim + rope_dim]; values are its first latent_dim. The matrices
/// that make keys and values of the latent are applied to the query and to the mixed latents instead ("absorbed").
struct LatentAttention {
  struct Shape {
    std::size_t heads = 0;
    std::size_t latent_dim = 0;  ///< kv_lora_rank
    std::size_t rope_dim = 0;    ///< rotated dimensions of a head, behind the others
    std::size_t plain_dim = 0;   ///< the others
    std::size_t value_dim = 0;   ///< of a head
    std::size_t query_rank = 0;  ///< > 0: queries are made by way of so many values
    double scale = 0;            ///< of the scores
    int rope = 0;                ///< which of the model's rotary embeddings

    bool operator==(const Shape&) const = default;
  };
  Shape shape;
  Linear query_down;  ///< [query_rank, hidden_size], if there is a rank
  Norm query_norm;    ///< the same
  Linear query;       ///< [heads * (plain_dim + rope_dim), query_rank or hidden_size]
  Linear latent;      ///< [latent_dim + rope_dim, hidden_size]
  Norm latent_norm;
  std::vector<Linear> key_up;    ///< of each head, [latent_dim, plain_dim]: queries into the latent's space
  std::vector<Linear> value_up;  ///< of each head, [value_dim, latent_dim]
  Linear output;

  /// Stores the rows' latents, then attends; the same contract as Attention::apply. Values of `spans` are not used.
  void apply(Activations& x, const Attention::Pass& pass, std::span<const KeyValueSpan> spans, float* out,
             Compute& compute) const;
  /// Floats of the arena that apply() needs for so many rows.
  [[nodiscard]] static std::size_t scratch(const Shape& shape, std::size_t rows) noexcept;

 private:
  void make_queries(Activations& x, const Attention::Pass& pass, float* queries, Compute& compute) const;
  void store_latents(Activations& x, const Attention::Pass& pass, std::span<const KeyValueSpan> spans,
                     Compute& compute) const;
  void attend(const float* queries, CacheType type, std::span<const KeyValueSpan> spans, float* mixed,
              Compute& compute) const;
};

}  // namespace ondol
