#include "blocks/distance.hpp"

#include <algorithm>
#include <cmath>

namespace ondol {

std::size_t DistanceBuckets::operator()(std::int64_t distance) const noexcept {
  std::size_t buckets = count;
  std::size_t first = 0;
  std::int64_t n = -distance;
  if (both_directions) {
    buckets /= 2;
    if (n < 0) first = buckets;
    n = std::abs(n);
  } else {
    n = std::max<std::int64_t>(n, 0);
  }
  const std::size_t exact = buckets / 2;
  if (static_cast<std::size_t>(n) < exact) return first + static_cast<std::size_t>(n);
  // In float32, as the models were trained: the borders lie on whole numbers.
  const float part = std::log(static_cast<float>(n) / static_cast<float>(exact)) /
                     static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact))) *
                     static_cast<float>(buckets - exact);
  return first + std::min(exact + static_cast<std::size_t>(part), buckets - 1);
}

std::int64_t signed_bucket(std::int64_t distance, std::size_t buckets, std::size_t max_distance) noexcept {
  const auto middle = static_cast<std::int64_t>(buckets / 2);
  const std::int64_t size = std::abs(distance);
  if (buckets == 0 || size <= middle) return distance;
  const float scaled = std::ceil(std::log(static_cast<float>(size) / static_cast<float>(middle)) /
                                 std::log(static_cast<float>(max_distance - 1) / static_cast<float>(middle)) *
                                 static_cast<float>(middle - 1));
  const std::int64_t bucket = static_cast<std::int64_t>(scaled) + middle;
  return distance < 0 ? -bucket : bucket;
}

}  // namespace ondol
