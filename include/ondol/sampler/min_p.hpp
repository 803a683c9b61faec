#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// Keeps tokens whose probability is at least `p` times that of the most likely one (Nguyen et al. 2024). p in [0, 1].
struct MinP {
  static constexpr std::string_view name = "min_p";
  float p = 0.0f;

  bool operator==(const MinP&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, p); }
  void check(std::size_t) const { detail::require(p >= 0 && p <= 1, name, p, "0 .. 1"); }
  void apply(Candidates& c, const History&) const {
    check(c.vocabulary());
    if (p <= 0) return;
    c.keep_from(double{p});
  }
};

}  // namespace ondol
