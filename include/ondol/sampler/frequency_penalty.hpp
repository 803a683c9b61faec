#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// logit - penalty x (how often the token occurs in the history) (OpenAI API reference, "frequency and presence
/// penalties"). Any finite number; `last_n` tokens are looked at, 0 = prompt and output.
struct FrequencyPenalty {
  static constexpr std::string_view name = "frequency_penalty";
  float penalty = 0.0f;
  std::size_t last_n = 0;

  bool operator==(const FrequencyPenalty&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, penalty); }
  void check(std::size_t) const { detail::require(std::isfinite(penalty), name, penalty, "a finite number"); }
  void apply(Candidates& c, const History& history) const {
    check(c.vocabulary());
    if (penalty == 0) return;
    c.adjust(history.last(last_n),
             [this](float logit, std::uint32_t count) { return logit - penalty * static_cast<float>(count); });
  }
};

}  // namespace ondol
