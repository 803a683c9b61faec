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
  std::span<const std::uint32_t> types{};  ///< of the tokens; empty: all 0
};

/// A stack of layers, a decoder or an encoder, put together from a recipe and its weights. Immutable once loaded; the
/// forward pass is a pure function of weights, tokens and cache.
class Transformer {
 public:
  /// Checks every hyper-parameter against the tensors; reads none. bind, then binder.load, then use.
  /// @param tokens  of an encoder beside a decoder: the embedding of the decoder, whose rows it shares.
  Transformer(const Recipe& recipe, WeightBinder& binder, const Embedding* tokens = nullptr);
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  /// Keeps what is read from the file beside the packed matrices. Call once, with the binder's load.
  void load_embedding(const std::shared_ptr<MemoryAccount>& memory) { embedding_.load(memory); }

  /// Rows a pass should have at most.
  static constexpr std::size_t pass_rows = 256;

  /// Runs all layers over the tokens of the segments, whose caches have room, and stores keys, values and states
  /// without committing them. In both directions a segment is a whole sequence, and its cache stays empty.
  /// @return [all tokens, hidden_size] before the final norm, in the arena.
  /// @throws Error cancelled.
  [[nodiscard]] float* layers(std::span<const Segment> segments, const std::stop_token& stop, Compute& compute) const;
  /// Stores a source, rows [count, hidden_size] behind the encoder's final norm, for the layers to look at.
  /// @throws Error out_of_memory.
  void read_source(float* rows, std::size_t count, KVCache::Impl& cache, Compute& compute) const;
  /// The final norm of one row of layers().
  void final_norm(const float* in, float* out, Compute& compute) const;
  /// Logits [rows, vocabulary] of normed rows.
  void head(const float* rows, std::size_t count, float* out, Compute& compute) const;
  /// The embedding of one token, as the first layer sees it but for positions: [hidden_size].
  void embed(Token id, float* out, Compute& compute) const { embedding_.rows({.ids = &id}, 1, out, compute); }
  [[nodiscard]] const Embedding& embedding() const noexcept { return embedding_; }

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
  void lay_blocks(std::size_t index, Pass& pass) const;
  void run_mixer(const Layer& layer, std::size_t index, float* normed, Pass& pass, float* out) const;
  void run_cross(const Layer& layer, std::size_t index, float* normed, Pass& pass, float* out) const;
  [[nodiscard]] DistanceBias biases(std::size_t longest, Compute& compute) const;
  [[nodiscard]] const float* relative_positions(Compute& compute) const;

  Recipe recipe_;
  std::vector<Rope> ropes_;
  Embedding embedding_;
  std::vector<Layer> layers_;
  Norm output_norm_;
  std::vector<float> distance_biases_;     // [buckets, heads]
  std::vector<float> relative_positions_;  // [recipe.relative_positions, hidden_size]
  Norm relative_positions_norm_;           // may be empty
};

}  // namespace ondol
