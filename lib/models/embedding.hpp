#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "blocks/linear.hpp"
#include "blocks/norm.hpp"
#include "models/recipe.hpp"
#include "models/weight_binder.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol {

/// Tokens to rows and, at the other end of the model, rows to logits: they may share their matrix.
class Embedding {
 public:
  /// Binds token_embd, output and what stands around them. @throws Error bad_file.
  void bind(const Recipe& recipe, WeightBinder& binder);
  /// Keeps the embedding's rows, if the head has none to take them from. Call once, with the binder's load.
  void load(const std::shared_ptr<MemoryAccount>& memory);

  /// out [rows, hidden_size]: the tokens' rows, scaled, with their positions if `positions` is not null, normed and
  /// projected as the recipe says.
  void rows(const Token* ids, const std::uint32_t* positions, std::size_t rows, float* out, Compute& compute) const;
  /// Logits [rows, vocabulary] of rows [rows, hidden_size] behind the final norm.
  void logits(const float* rows, std::size_t count, float* out, Compute& compute) const;

  [[nodiscard]] std::size_t vocabulary() const noexcept { return vocabulary_; }
  /// Positions that were learned; 0 = any number.
  [[nodiscard]] std::size_t positions() const noexcept { return position_count_ - first_position_; }
  [[nodiscard]] bool tied() const noexcept { return tied_; }
  /// Bytes kept beside the head.
  [[nodiscard]] std::uint64_t bytes() const noexcept;

 private:
  void row(Token id, float* out) const;

  std::size_t vocabulary_ = 0;
  std::size_t width_ = 0;   // of a row before projection
  std::size_t hidden_ = 0;
  double scale_ = 1;
  double logit_scale_ = 1;
  double logit_softcap_ = 0;
  bool tied_ = false;
  const Weight* weight_ = nullptr;  // of the file, until load()
  WeightView view_;                 // of kept_
  Buffer kept_;                     // empty if tied: rows are then taken from head_
  std::vector<float> positions_;  // [position_count_, position_width_], learned
  std::size_t position_count_ = 0;
  std::size_t position_width_ = 0;
  std::size_t first_position_ = 0;
  Norm norm_;
  Linear project_in_;   // [hidden_size, width], may be empty
  Linear project_out_;  // [width, hidden_size], may be empty
  Linear head_;
};

}  // namespace ondol
