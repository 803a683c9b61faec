#include "files/weight_source.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace ondol {

std::uint64_t TensorView::rows() const noexcept {
  return std::accumulate(shape.begin() + 1, shape.end(), std::uint64_t{1}, std::multiplies<>());
}

const TensorView* WeightSource::find(std::string_view name) const noexcept {
  const auto found = std::ranges::lower_bound(tensors_, name, {}, &TensorView::name);
  return found != tensors_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace ondol
