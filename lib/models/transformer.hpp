#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "blocks/attention.hpp"
#include "blocks/mlp.hpp"
#include "blocks/norm.hpp"
#include "blocks/rope.hpp"
#include "cache/cache.hpp"
#include "models/recipe.hpp"
#include "models/registry.hpp"
#include "models/weight_binder.hpp"
#include "ondol/model.hpp"

namespace ondol {

/// Tokens of one sequence within a pass.
struct Segment {
  KVCache::Impl& cache;
  std::span<const Token> tokens;
};

/// A decoder put together from a recipe and its weights. Immutable once loaded; the forward pass is a pure function of
/// weights, tokens and cache.
class Transformer {
 public:
  /// Checks every hyper-parameter against the tensors; reads none. bind, then binder.load, then use.
  Transformer(const Recipe& recipe, const TensorNames& names, const WeightSource& source, WeightBinder& binder);
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  /// Keeps what is read from the file beside the packed matrices. Call once, with the binder's load.
  void load_embedding(const std::shared_ptr<MemoryAccount>& memory);

  /// Rows a pass should have at most.
  static constexpr std::size_t pass_rows = 256;

  /// Runs all layers over the tokens of the segments, whose caches have room, and stores keys and values without
  /// committing them. @return [all tokens, hidden_size] before the final norm, in the arena.
  /// @throws Error cancelled.
  [[nodiscard]] float* layers(std::span<const Segment> segments, const std::stop_token& stop, Compute& compute) const;
  /// The final norm of one row of layers().
  void final_norm(const float* in, float* out, Compute& compute) const { output_norm_.apply(in, 1, out, compute); }
  /// Logits [rows, vocabulary] of normed rows.
  void head(const float* rows, std::size_t count, float* out, Compute& compute) const;
  /// The embedding of one token.
  void embed(Token id, float* out) const;

  [[nodiscard]] std::size_t vocabulary() const noexcept { return vocabulary_; }
  [[nodiscard]] bool tied() const noexcept { return tied_; }
  [[nodiscard]] const Recipe& recipe() const noexcept { return recipe_; }
  /// Largest scratch memory of a pass with caches of `context` positions.
  [[nodiscard]] std::uint64_t scratch_bytes(std::size_t context) const noexcept;
  /// Bytes of the embedding where it is kept beside the head.
  [[nodiscard]] std::uint64_t embedding_bytes() const noexcept { return tied_ ? 0 : embedding_view_.bytes.size(); }

 private:
  struct Layer {
    RmsNorm attention_norm;
    Attention attention;
    RmsNorm mlp_norm;
    GatedMlp mlp;
  };

  Recipe recipe_;
  std::size_t vocabulary_ = 0;
  bool tied_ = false;
  Rope rope_;
  WeightView embedding_view_;  // of the file until load_embedding, then of embedding_
  Buffer embedding_;           // empty if tied: rows are then taken from head_
  std::vector<Layer> layers_;
  RmsNorm output_norm_;
  Linear head_;
};

}  // namespace ondol
