#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// Nucleus: keeps the fewest most likely tokens whose probabilities reach `p` (Holtzman et al. 2020, 3.1), the one that
/// crosses it included. p in (0, 1]; at least one token stays; of equal logits the lower id is kept first.
struct TopP {
  static constexpr std::string_view name = "top_p";
  float p = 1.0f;

  bool operator==(const TopP&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, p); }
  void check(std::size_t) const { detail::require(p > 0 && p <= 1, name, p, "above 0 and at most 1"); }
  void apply(Candidates& c, const History&) const {
    check(c.vocabulary());
    if (p >= 1) return;
    const double total = c.total();
    const double least = (1 - double{p}) * total / static_cast<double>(c.size());  // all below it are 1 - p at most
    c.keep_nucleus(double{p} * total, least, [](const Candidates::Entry& entry) { return -double{entry.logit}; });
  }
};

}  // namespace ondol
