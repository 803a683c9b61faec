#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "formats/codebooks.hpp"
#include "formats/search/levels.hpp"

namespace ondol::storage {

template <class Book>
using Costs = std::array<std::array<float, Book::levels>, Book::size>;

struct Nearest {
  float cost = std::numeric_limits<float>::infinity();
  std::uint16_t entry = 0;
};

/// Finds the point of a codebook with the least cost, exactly, where each coordinate has a cost for each of its levels.
/// The costs of all patterns of either half are summed once; points are visited by their lower half, and left out
/// where that and the cheapest upper half cost too much.
template <class Book>
class PointSearch {
 public:
  PointSearch(const Book& book, const Costs<Book>& cost) noexcept
      : book_(book), lower_(patterns_of(cost, 0)), upper_(patterns_of(cost, half)) {
    for (std::size_t j = half; j-- > 0;) {
      start_ = start_ * Book::levels + cheapest(cost[j]);
      cheapest_upper_ += cost[half + j][cheapest(cost[half + j])];
    }
  }

  [[nodiscard]] Nearest nearest() const noexcept {
    return search(0.0f, [](std::uint16_t) { return 0.0f; });
  }

  /// With one coordinate flipped, the cheapest one, which costs flip[j] * point[j].
  [[nodiscard]] Nearest nearest_flipped(const float* flip) const noexcept {
    const auto loss = [&](std::uint16_t entry) {
      float least = std::numeric_limits<float>::infinity();
      for (std::size_t j = 0; j < Book::size; ++j) {
        least = std::min(least, flip[j] * static_cast<float>(book_.point[entry][j]));
      }
      return least;
    };
    return search(*std::min_element(flip, flip + Book::size) * static_cast<float>(book_.level.front()), loss);
  }

 private:
  static constexpr std::size_t half = Book::size / 2;
  using Patterns = std::array<float, Book::patterns>;

  static std::size_t cheapest(const std::array<float, Book::levels>& cost) noexcept {
    return static_cast<std::size_t>(std::min_element(cost.begin(), cost.end()) - cost.begin());
  }

  static Patterns patterns_of(const Costs<Book>& cost, std::size_t from) noexcept {
    Patterns sum;
    std::size_t count = 1;
    sum[0] = 0.0f;
    for (std::size_t j = from; j < from + half; ++j) {
      for (std::size_t level = Book::levels; level-- > 0;) {
        for (std::size_t p = 0; p < count; ++p) sum[level * count + p] = sum[p] + cost[j][level];
      }
      count *= Book::levels;
    }
    return sum;
  }

  /// loss(entry) >= least_loss is added to the cost of a point.
  template <class Loss>
  [[nodiscard]] Nearest search(float least_loss, Loss loss) const noexcept {
    Nearest best;
    const auto visit = [&](std::size_t pattern) {
      for (std::size_t i = book_.first[pattern]; i < book_.first[pattern + 1]; ++i) {
        const float cost = lower_[pattern] + upper_[book_.upper[i]];
        if (cost + least_loss >= best.cost) continue;
        const float whole = cost + loss(book_.entry[i]);
        if (whole < best.cost) best = {whole, book_.entry[i]};
      }
    };
    visit(start_);
    for (std::size_t pattern = 0; pattern < Book::patterns; ++pattern) {
      if (lower_[pattern] + (cheapest_upper_ + least_loss) < best.cost) visit(pattern);
    }
    return best;
  }

  const Book& book_;
  Patterns lower_;
  Patterns upper_;
  std::size_t start_ = 0;  ///< the cheapest lower pattern: its points are a good first bound
  float cheapest_upper_ = 0.0f;
};

/// Eight weights as points of a codebook of magnitudes, and their signs: bit j set = weight j negative.
template <class Book>
struct SignedPoints {
  static constexpr std::size_t parts = 8 / Book::size;
  std::array<std::uint16_t, parts> entry{};
  unsigned signs = 0;
};

/// A group of weights that are signed points times a scale; with `even`, of every eight an even number is negative.
template <const auto& book, int n, bool even>
struct PointGrid {
  using Book = std::remove_cvref_t<decltype(book)>;
  using Octet = SignedPoints<Book>;
  using Codes = std::array<Octet, n / 8>;
  static constexpr int weights = n;

  static float full(const float* x) noexcept {
    float peak = 0.0f;
    for (int j = 0; j < n; ++j) peak = std::max(peak, std::fabs(x[j]));
    return peak / static_cast<float>(book.level.back());
  }

  static Sums assign(const float* x, const float* w, float scale) noexcept {
    Sums sums;
    for (int from = 0; from < n; from += 8, x += 8, w += 8) {
      const Octet octet = nearest(x, w, scale);
      for (std::size_t j = 0; j < 8; ++j) {
        const float magnitude = book.point[octet.entry[j / Book::size]][j % Book::size];
        const float q = octet.signs >> j & 1u ? -magnitude : magnitude;
        const float r = x[j] - scale * q;
        sums.error += w[j] * r * r;
        sums.slope += w[j] * q * r;
        sums.square += w[j] * q * q;
      }
    }
    return sums;
  }

  static Codes codes(const float* x, const float* w, float scale) noexcept {
    Codes codes;
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = nearest(x + i * 8, w + i * 8, scale);
    return codes;
  }

 private:
  static Octet nearest(const float* x, const float* w, float scale) noexcept {
    Octet octet;
    for (unsigned j = 0; j < 8; ++j) octet.signs |= x[j] < 0.0f ? 1u << j : 0u;
    const bool odd = even && std::popcount(octet.signs) % 2 == 1;
    std::array<Nearest, Octet::parts> plain, flipped;
    std::size_t cheapest = 0;  // part to flip a sign in
    for (std::size_t part = 0; part < Octet::parts; ++part) {
      Costs<Book> cost;
      float flip[Book::size];
      for (std::size_t j = 0; j < Book::size; ++j) {
        const float weight = w[part * Book::size + j];
        const float magnitude = std::fabs(x[part * Book::size + j]);
        for (std::size_t level = 0; level < Book::levels; ++level) {
          const float value = scale * static_cast<float>(book.level[level]);
          cost[j][level] = weight * (magnitude - value) * (magnitude - value);
        }
        flip[j] = 4.0f * weight * magnitude * scale;
      }
      const PointSearch search(book, cost);
      if (!odd || Octet::parts > 1) plain[part] = search.nearest();
      if (odd) flipped[part] = search.nearest_flipped(flip);
      if (flipped[part].cost - plain[part].cost < flipped[cheapest].cost - plain[cheapest].cost) cheapest = part;
      octet.entry[part] = plain[part].entry;
    }
    if (odd) {
      octet.entry[cheapest] = flipped[cheapest].entry;
      octet.signs ^= 1u << cheapest_flip(x, w, octet, cheapest);
    }
    return octet;
  }

  /// The weight of a part that loses least with the other sign.
  static std::size_t cheapest_flip(const float* x, const float* w, const Octet& octet, std::size_t part) noexcept {
    std::size_t best = part * Book::size;
    float least = std::numeric_limits<float>::infinity();
    for (std::size_t j = 0; j < Book::size; ++j) {
      const std::size_t at = part * Book::size + j;
      const float loss = w[at] * std::fabs(x[at]) * static_cast<float>(book.point[octet.entry[part]][j]);
      if (loss < least) least = loss, best = at;
    }
    return best;
  }
};

/// A group of weights that are points of IQ1 off by delta, times a scale; each run of `shared` has its own sign of it.
template <int n, int shared>
struct ShiftedGrid {
  using Book = std::remove_cvref_t<decltype(iq1_codebook)>;
  static constexpr int weights = n;
  struct Codes {
    std::array<std::uint16_t, n / 8> entry{};
    std::array<bool, n / shared> negative{};  ///< delta is taken away
  };

  static float full(const float* x) noexcept {
    float square = 0.0f;
    for (int j = 0; j < n; ++j) square += x[j] * x[j];
    return std::sqrt(square / n);
  }

  static Codes codes(const float* x, const float* w, float scale) noexcept {
    Codes codes;
    for (int run = 0; run < n / shared; ++run) {
      std::array<std::array<std::uint16_t, shared / 8>, 2> entry;
      std::array<float, 2> cost{};
      for (std::size_t side = 0; side < 2; ++side) {
        for (int i = 0; i < shared / 8; ++i) {
          const int at = run * shared + i * 8;
          const Nearest nearest = PointSearch(iq1_codebook, costs(x + at, w + at, scale, delta(side == 1))).nearest();
          entry[side][static_cast<std::size_t>(i)] = nearest.entry;
          cost[side] += nearest.cost;
        }
      }
      const bool negative = cost[1] < cost[0];
      codes.negative[static_cast<std::size_t>(run)] = negative;
      std::copy(entry[negative].begin(), entry[negative].end(), codes.entry.begin() + run * shared / 8);
    }
    return codes;
  }

  static Sums assign(const float* x, const float* w, float scale) noexcept {
    const Codes chosen = codes(x, w, scale);
    Sums sums;
    for (std::size_t j = 0; j < n; ++j) {
      const float q =
          static_cast<float>(iq1_codebook.point[chosen.entry[j / 8]][j % 8]) + delta(chosen.negative[j / shared]);
      const float r = x[j] - scale * q;
      sums.error += w[j] * r * r;
      sums.slope += w[j] * q * r;
      sums.square += w[j] * q * q;
    }
    return sums;
  }

 private:
  static float delta(bool negative) noexcept { return negative ? -iq1_delta : iq1_delta; }

  static Costs<Book> costs(const float* x, const float* w, float scale, float delta) noexcept {
    Costs<Book> cost;
    for (std::size_t j = 0; j < 8; ++j) {
      for (std::size_t level = 0; level < Book::levels; ++level) {
        const float r = x[j] - scale * (static_cast<float>(iq1_codebook.level[level]) + delta);
        cost[j][level] = w[j] * r * r;
      }
    }
    return cost;
  }
};

}  // namespace ondol::storage
