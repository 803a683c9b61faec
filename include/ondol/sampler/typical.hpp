#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "ondol/sampler/candidates.hpp"
#include "ondol/sampler/history.hpp"

namespace ondol {

/// Locally typical: keeps the tokens whose information is nearest to the entropy, |-log p - H|, until their
/// probabilities reach `p`, the one that crosses it included (Meister et al. 2023, 4). p in (0, 1]; of equals the lower
/// id first.
struct Typical {
  static constexpr std::string_view name = "typical_p";
  float p = 1.0f;

  bool operator==(const Typical&) const = default;
  [[nodiscard]] std::string text() const { return detail::step_text(name, p); }
  void check(std::size_t) const { detail::require(p > 0 && p <= 1, name, p, "above 0 and at most 1"); }
  void apply(Candidates& c, const History&) const {
    check(c.vocabulary());
    if (p >= 1 || c.empty()) return;
    const double total = c.total();
    const auto log_p = [&, shift = double{c.max()} + std::log(total)](const Candidates::Entry& entry) {
      return double{entry.logit} - shift;
    };
    double entropy = 0;
    c.each(0, [&](const Candidates::Entry& entry, float weight) { entropy -= weight / total * log_p(entry); });
    // All less likely than `rare` are 1 - p at most; they come last where they lie farther off than certainty would.
    const double rare = (1 - double{p}) / static_cast<double>(c.size());
    const double least = -std::log(rare) - entropy >= entropy ? rare * total : 0;
    c.keep_nucleus(double{p} * total, least,
                   [&](const Candidates::Entry& entry) { return std::fabs(-log_p(entry) - entropy); });
  }
};

}  // namespace ondol
