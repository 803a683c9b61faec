#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "blocks/linear.hpp"
#include "blocks/norm.hpp"
#include "models/naming.hpp"
#include "models/recipe.hpp"
#include "models/weight_binder.hpp"

namespace ondol {

/// From hidden states to labels: a matrix, before which may stand another with an activation, and a norm.
class Head {
 public:
  /// Binds cls.output, and cls and cls.norm where the kind has them. @throws Error bad_file.
  Head(const Recipe& recipe, WeightBinder& binder);
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  [[nodiscard]] HeadKind kind() const noexcept { return recipe_.kind; }
  [[nodiscard]] std::size_t labels() const noexcept { return labels_; }
  [[nodiscard]] Pooling pooling() const noexcept { return recipe_.pooling; }

  /// rows [count, hidden_size] -> out [count, labels()].
  void apply(const float* rows, std::size_t count, float* out, Compute& compute) const;

 private:
  HeadRecipe recipe_;
  std::size_t hidden_ = 0;
  std::size_t width_ = 0;  // of what goes into the last matrix
  std::size_t labels_ = 0;
  Linear dense_;  // may be empty
  Norm norm_;     // may be empty
  Linear output_;
};

/// What the config's `architectures` and the tensors say that stands behind the last layer.
[[nodiscard]] HeadKind head_kind(const Config& config, const Recipe& recipe, const WeightBinder& binder);

/// How checkpoints name the tensors of heads, whatever the family; the family's own names come after these.
[[nodiscard]] Naming with_heads(const Config& config, const Naming& family);

/// A name of the tables as the class that config.json names (`architectures`) writes it, which puts its parts behind
/// prefixes or not. @param gguf  the tensor's name in GGUF files.
[[nodiscard]] std::string written_name(const Config& config, std::string name, std::string_view gguf);

}  // namespace ondol
