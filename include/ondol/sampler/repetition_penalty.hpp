#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// Tokens of the history: a positive logit is divided by `penalty`, a negative one multiplied (Keskar et al.
/// 2019, 4.1). penalty > 0, above 1 against repetition; `last_n` tokens are looked at, 0 = prompt and output.
struct RepetitionPenalty {
  static constexpr std::string_view name = "repetition_penalty";
  float penalty = 1.0f;
  std::size_t last_n = 0;

  bool operator==(const RepetitionPenalty&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, penalty); }
  void check(std::size_t) const {
    detail::require(penalty > 0 && std::isfinite(penalty), name, penalty, "above 0, finite");
  }
  void apply(Candidates& c, const History& history) const {
    check(c.vocabulary());
    if (penalty == 1) return;
    c.adjust(history.last(last_n),
             [this](float logit, std::uint32_t) { return logit > 0 ? logit / penalty : logit * penalty; });
  }
};

}  // namespace ondol
