#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// logit / value: below 1 sharper, above 1 flatter (Ackley, Hinton & Sejnowski 1985). value in [0, inf);
/// 0, or a value so small that the largest quotient is no number, is greedy.
struct Temperature {
  static constexpr std::string_view name = "temperature";
  float value = 1.0f;

  bool operator==(const Temperature&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, value); }
  void check(std::size_t) const {
    detail::require(value >= 0 && std::isfinite(value), name, value, "0 or above, finite");
  }
  void apply(Candidates& c, const History&) const {
    check(c.vocabulary());
    if (value == 0 || !std::isfinite(c.max() / value)) return c.keep(1);
    if (value != 1) c.divide(value);
  }
};

}  // namespace ondol
