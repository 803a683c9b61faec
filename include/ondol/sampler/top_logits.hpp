#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace ondol {

/// Logits that are taken beside each other, so that compilers do several at a time.
inline constexpr std::size_t logit_lanes = 16;

/// The largest f(logit), at least `least`.
template <class F>
[[nodiscard]] float largest_of(std::span<const float> logits, float least, F f) noexcept {
  float most[logit_lanes];
  std::fill_n(most, logit_lanes, least);
  const std::size_t whole = logits.size() / logit_lanes * logit_lanes;
  for (std::size_t begin = 0; begin < whole; begin += logit_lanes) {
    for (std::size_t i = 0; i < logit_lanes; ++i) {
      const float value = f(logits[begin + i]);
      most[i] = value > most[i] ? value : most[i];
    }
  }
  for (std::size_t i = whole; i < logits.size(); ++i) most[0] = f(logits[i]) > most[0] ? f(logits[i]) : most[0];
  return *std::max_element(most, most + logit_lanes);
}

/// Finds the largest of a whole vocabulary's logits in one pass and a little: at least n logits are no less than the
/// n-th largest of the maxima of groups, and few others are. Holds memory from call to call.
class TopLogits {
 public:
  /// Calls use(index) for the `n` >= 1 largest and for those that equal the smallest of them or lie close below, at
  /// most 8 n + 48, in no order. Logits of -inf are left out. False, perhaps after some calls, where it would be no
  /// gain.
  template <class Use>
  bool each(std::span<const float> logits, std::size_t n, Use use) {
    const std::size_t chunks = logits.size() / chunk;
    const std::size_t groups = chunks * logit_lanes;
    if (n > groups / 4) return false;
    find_maxima(logits, chunks);
    ranks_ = maxima_;
    const auto nth = ranks_.begin() + static_cast<std::ptrdiff_t>(n - 1);
    std::nth_element(ranks_.begin(), nth, ranks_.end(), std::greater<>());
    const float least = *nth;
    if (least < std::numeric_limits<float>::lowest()) return false;
    const std::size_t most = 8 * n + rows + logit_lanes;  // more are equals without end
    std::size_t found = 0;
    const auto take = [&](std::size_t i) {
      if (logits[i] >= least && ++found <= most) use(i);
    };
    for (std::size_t g = 0; g < groups && found <= most; ++g) {
      if (maxima_[g] < least) continue;
      const std::size_t first = g / logit_lanes * chunk + g % logit_lanes;
      for (std::size_t row = 0; row < rows; ++row) take(first + row * logit_lanes);
    }
    for (std::size_t i = chunks * chunk; i < logits.size(); ++i) take(i);
    return found <= most;
  }

 private:
  /// A group is every logit_lanes-th of a chunk.
  static constexpr std::size_t rows = 32, chunk = logit_lanes * rows;

  void find_maxima(std::span<const float> logits, std::size_t chunks) {
    maxima_.resize(chunks * logit_lanes);
    for (std::size_t c = 0; c < chunks; ++c) {
      const float* from = logits.data() + c * chunk;
      float most[logit_lanes];
      std::copy_n(from, logit_lanes, most);
      for (std::size_t row = 1; row < rows; ++row) {
        for (std::size_t i = 0; i < logit_lanes; ++i) {
          const float logit = from[row * logit_lanes + i];
          most[i] = logit > most[i] ? logit : most[i];
        }
      }
      std::copy_n(most, logit_lanes, maxima_.data() + c * logit_lanes);
    }
  }

  std::vector<float> maxima_;
  std::vector<float> ranks_;
};

}  // namespace ondol
