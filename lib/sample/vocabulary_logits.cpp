#include "ondol/sampler/vocabulary_logits.hpp"

#include <functional>

namespace ondol {
namespace {

constexpr float gone = -std::numeric_limits<float>::infinity();
constexpr auto as_it_is = [](float logit) { return logit; };

}  // namespace

/// Makes each logit f(the one that stands in `from`) and looks at all. Those of a last, broken chunk stand in place.
template <class F>
void VocabularyLogits::survey(const float* from, F f) {
  std::uint32_t bad[lanes] = {}, lost[lanes] = {};
  for (std::size_t c = 0; c * chunk < values_.size(); ++c) {
    float* most = maxima_.data() + c * lanes;
    std::fill_n(most, lanes, gone);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t first = c * chunk + row * lanes;
      float* to = values_.data() + first;
      const float* at = (c + 1) * chunk <= size_ ? from + first : to;
      float x[lanes];
      for (std::size_t i = 0; i < lanes; ++i) x[i] = f(at[i]);
      for (std::size_t i = 0; i < lanes; ++i) to[i] = x[i];
      for (std::size_t i = 0; i < lanes; ++i) most[i] = x[i] > most[i] ? x[i] : most[i];
      for (std::size_t i = 0; i < lanes; ++i) bad[i] += x[i] < std::numeric_limits<float>::infinity() ? 0u : 1u;
      for (std::size_t i = 0; i < lanes; ++i) lost[i] += x[i] < std::numeric_limits<float>::lowest() ? 1u : 0u;
    }
  }
  bad_ = gone_ = 0;
  for (std::size_t i = 0; i < lanes; ++i) bad_ += bad[i], gone_ += lost[i];
  max_ = maxima_.empty() ? gone : *std::max_element(maxima_.begin(), maxima_.end());
}

void VocabularyLogits::assign(std::span<const float> logits) {
  size_ = logits.size();
  const std::size_t chunks = (size_ + chunk - 1) / chunk;
  values_.resize(chunks * chunk);
  maxima_.resize(chunks * lanes);
  const auto rest = static_cast<std::ptrdiff_t>(size_ / chunk * chunk);
  std::fill(std::copy(logits.begin() + rest, logits.end(), values_.begin() + rest), values_.end(), gone);
  survey(logits.data(), as_it_is);
}

void VocabularyLogits::divide(float value) {
  survey(values_.data(), [value](float logit) { return logit / value; });
}

void VocabularyLogits::refresh() { survey(values_.data(), as_it_is); }

float VocabularyLogits::reached_by(std::size_t n) {
  if (n > maxima_.size() / 4) return gone;
  ranks_ = maxima_;
  const auto nth = ranks_.begin() + static_cast<std::ptrdiff_t>(n - 1);
  std::nth_element(ranks_.begin(), nth, ranks_.end(), std::greater<>());
  return *nth;
}

}  // namespace ondol
