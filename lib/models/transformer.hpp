#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "blocks/rope.hpp"
#include "cache/cache.hpp"
#include "models/embedding.hpp"
#include "models/layer.hpp"
#include "models/recipe.hpp"
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
  Transformer(const Recipe& recipe, WeightBinder& binder);
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  /// Keeps what is read from the file beside the packed matrices. Call once, with the binder's load.
  void load_embedding(const std::shared_ptr<MemoryAccount>& memory) { embedding_.load(memory); }

  /// Rows a pass should have at most.
  static constexpr std::size_t pass_rows = 256;

  /// Runs all layers over the tokens of the segments, whose caches have room, and stores keys, values and states without
  /// committing them. @return [all tokens, hidden_size] before the final norm, in the arena.
  /// @throws Error cancelled.
  [[nodiscard]] float* layers(std::span<const Segment> segments, const std::stop_token& stop, Compute& compute) const;
  /// The final norm of one row of layers().
  void final_norm(const float* in, float* out, Compute& compute) const;
  /// Logits [rows, vocabulary] of normed rows.
  void head(const float* rows, std::size_t count, float* out, Compute& compute) const;
  /// The embedding of one token, as the first layer sees it but for positions: [hidden_size].
  void embed(Token id, float* out, Compute& compute) const { embedding_.rows(&id, nullptr, 1, out, compute); }

  [[nodiscard]] std::size_t vocabulary() const noexcept { return embedding_.vocabulary(); }
  /// Positions that were learned; 0 = any number.
  [[nodiscard]] std::size_t positions() const noexcept { return embedding_.positions(); }
  [[nodiscard]] bool tied() const noexcept { return embedding_.tied(); }
  [[nodiscard]] const Recipe& recipe() const noexcept { return recipe_; }
  /// Largest scratch memory of a pass with caches of `context` positions.
  [[nodiscard]] std::uint64_t scratch_bytes(std::size_t context) const noexcept;
  /// Bytes of the embedding where it is kept beside the head.
  [[nodiscard]] std::uint64_t embedding_bytes() const noexcept { return embedding_.bytes(); }

 private:
  struct Pass;
  void run_mixer(const Layer& layer, std::size_t index, float* normed, Pass& pass, float* out) const;

  Recipe recipe_;
  std::vector<Rope> ropes_;
  Embedding embedding_;
  std::vector<Layer> layers_;
  Norm output_norm_;
};

}  // namespace ondol
