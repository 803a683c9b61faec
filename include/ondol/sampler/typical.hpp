#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

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
    for (const auto& entry : c.entries()) entropy -= c.weight_of(entry) / total * log_p(entry);

    std::vector<Candidates::Scored>& order = c.scratch();
    order.clear();
    for (const auto& entry : c.entries()) order.push_back({std::fabs(-log_p(entry) - entropy), entry});
    const auto nearer = [](const Candidates::Scored& a, const Candidates::Scored& b) {
      return a.score != b.score ? a.score < b.score : a.entry.id < b.entry.id;
    };
    std::size_t n = 0;
    double seen = 0;
    for (std::size_t ready = 0; n < order.size() && seen < double{p} * total; ++n) {
      if (n == ready) {  // sorted in growing parts: most of a vocabulary is never looked at
        const auto begin = order.begin() + static_cast<std::ptrdiff_t>(ready);
        ready = std::min(order.size(), std::max<std::size_t>(64, 2 * ready));
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(ready);
        if (end != order.end()) std::nth_element(begin, end, order.end(), nearer);
        std::sort(begin, end, nearer);
      }
      seen += c.weight_of(order[n].entry);
    }
    order.resize(n);
    c.keep_scratch();
  }
};

}  // namespace ondol
