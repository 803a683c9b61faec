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

/// What a row of a pass is made of.
struct EmbeddingInput {
  const Token* ids;
  const std::uint32_t* positions = nullptr;  ///< null: without their positions
  const std::uint32_t* types = nullptr;      ///< null: all 0
};

/// Tokens to rows and, at the other end of the model, rows to logits: they may share their matrix.
class Embedding {
 public:
  /// Binds token_embd, output and what stands around them. @param tokens  of a decoder: the rows of its tokens are
  /// used, and there is no output. @throws Error bad_file.
  void bind(const Recipe& recipe, WeightBinder& binder, const Embedding* tokens = nullptr);
  /// Keeps the embedding's rows, if the head has none to take them from. Call once, with the binder's load.
  void load(const std::shared_ptr<MemoryAccount>& memory);

  /// out [rows, hidden_size]: the tokens' rows, scaled, with their types and positions, normed and projected as the
  /// recipe says.
  void rows(const EmbeddingInput& in, std::size_t rows, float* out, Compute& compute) const;
  /// Logits [rows, vocabulary] of rows [rows, hidden_size] behind the final norm.
  void logits(const float* rows, std::size_t count, float* out, Compute& compute) const;

  [[nodiscard]] std::size_t vocabulary() const noexcept { return vocabulary_; }
  /// Positions that were learned; 0 = any number.
  [[nodiscard]] std::size_t positions() const noexcept {
    return position_count_ > 0 ? position_count_ - first_position_ : 0;
  }
  /// Kinds of token that were learned ("token types"); 0 = there are none.
  [[nodiscard]] std::size_t types() const noexcept { return type_count_; }
  [[nodiscard]] bool tied() const noexcept { return tied_; }
  /// Bytes kept beside the head.
  [[nodiscard]] std::uint64_t bytes() const noexcept;

 private:
  void row(Token id, float* out) const;
  void add_sinusoids(std::uint32_t position, float* to, std::size_t width) const;
  void bind_positions(const Recipe& recipe, WeightBinder& binder);
  void bind_output(const Recipe& recipe, WeightBinder& binder);

  const Embedding* tokens_ = nullptr;  // whose rows are used; null: its own
  std::size_t vocabulary_ = 0;
  std::size_t width_ = 0;  // of a row before projection
  std::size_t hidden_ = 0;
  double scale_ = 1;
  double logit_scale_ = 1;
  double logit_softcap_ = 0;
  bool tied_ = false;
  const Weight* weight_ = nullptr;  // of the file, until load()
  WeightView view_;                 // of kept_
  Buffer kept_;                     // empty if tied: rows are then taken from head_
  std::vector<float> positions_;    // [position_count_, position_width_], learned
  std::size_t position_count_ = 0;
  std::size_t position_width_ = 0;
  std::size_t first_position_ = 0;
  Positions position_kind_ = Positions::none;
  std::vector<double> frequencies_;  // of sinusoids
  std::vector<float> types_;         // [type_count_, width_]
  std::size_t type_count_ = 0;
  Norm norm_;
  Linear transform_;  // before the logits, may be empty
  Activation transform_activation_ = Activation::gelu;
  Norm transform_norm_;
  Linear project_in_;   // [hidden_size, width], may be empty
  Linear project_out_;  // [width, hidden_size], may be empty
  Linear head_;
};

}  // namespace ondol
