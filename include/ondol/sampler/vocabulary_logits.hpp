#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "ondol/export.hpp"

namespace ondol {

/// The logits of a whole vocabulary, by id, and the largest of each group of them: looking for large ones touches few.
/// A logit of -inf is gone. Keeps its memory from call to call.
class VocabularyLogits {
 public:
  ONDOL_API void assign(std::span<const float> logits);
  /// Divides all by `value` > 0.
  ONDOL_API void divide(float value);
  /// One logit, to be written; refresh() has to follow.
  [[nodiscard]] float& at(std::size_t id) { return values_[id]; }
  ONDOL_API void refresh();

  [[nodiscard]] std::span<const float> values() const noexcept { return std::span(values_).first(size_); }
  /// How many are no numbers below infinity.
  [[nodiscard]] std::size_t bad() const noexcept { return bad_; }
  /// How many are not gone.
  [[nodiscard]] std::size_t count() const noexcept { return values_.size() - gone_; }
  /// -inf if there is none.
  [[nodiscard]] float max() const noexcept { return max_; }

  /// Calls use(id, logit) for those that are at least `least` and not gone, ids ascending, while it returns true.
  template <class Use>
  void each_from(float least, Use use) const {
    least = std::max(least, std::numeric_limits<float>::lowest());
    for (std::size_t c = 0; c * chunk < size_; ++c) {
      if (!any(maxima_.data() + c * lanes, least)) continue;
      for (std::size_t first = c * chunk; first < (c + 1) * chunk; first += lanes) {
        if (!any(values_.data() + first, least)) continue;
        for (std::size_t id = first; id < first + lanes; ++id) {
          if (values_[id] >= least && !use(id, values_[id])) return;
        }
      }
    }
  }
  /// A logit that at least `n` >= 1 reach, and not many more if few are equal; -inf where most would.
  [[nodiscard]] ONDOL_API float reached_by(std::size_t n);

 private:
  /// A group is every lanes-th logit of a chunk. So many lie beside each other that compilers take several at a time.
  static constexpr std::size_t lanes = 32, rows = 32, chunk = lanes * rows;

  static bool any(const float* logits, float least) noexcept {
    std::uint32_t found = 0;
    for (std::size_t i = 0; i < lanes; ++i) found |= logits[i] >= least ? 1u : 0u;
    return found != 0;
  }
  template <class F>
  void survey(const float* from, F f);

  std::size_t size_ = 0;
  std::vector<float> values_;  ///< whole chunks: gone ones fill the last
  std::vector<float> maxima_;  ///< [chunk][lanes]
  std::vector<float> ranks_;
  std::size_t bad_ = 0, gone_ = 0;
  float max_ = -std::numeric_limits<float>::infinity();
};

}  // namespace ondol
