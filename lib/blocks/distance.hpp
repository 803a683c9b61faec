#pragma once

#include <cstddef>
#include <cstdint>

namespace ondol {

/// Distances in buckets: small ones each their own, large ones by the logarithm, all beyond max_distance the last
/// (Raffel et al. 2020, T5). Of `distance` = key - query; with `both_directions` half of the buckets are for keys
/// behind the query, else these all count as distance 0.
struct DistanceBuckets {
  std::size_t count = 32;
  std::size_t max_distance = 128;
  bool both_directions = true;

  bool operator==(const DistanceBuckets&) const = default;
  [[nodiscard]] std::size_t operator()(std::int64_t distance) const noexcept;
};

/// DeBERTa's buckets (He et al. 2021): distances below `buckets` / 2 as they are, larger ones by the logarithm, up to
/// buckets at max_distance; the sign stays. No buckets: as they are.
[[nodiscard]] std::int64_t signed_bucket(std::int64_t distance, std::size_t buckets, std::size_t max_distance) noexcept;

}  // namespace ondol
