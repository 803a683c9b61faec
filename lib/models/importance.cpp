#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"
#include "models/storage_plan.hpp"

namespace ondol {

Importance read_importance(std::string_view path) {
  const auto source = open_weights(path);
  if (source->text("general.type").value_or("") != "imatrix") {
    fail(Status::bad_file, fmt::format("{}: general.type is '{}', expected imatrix", path,
                                       source->text("general.type").value_or("")));
  }
  // name.in_sum2 holds sums of squares of each input, name.counts how many rows they are of; one set for each expert.
  constexpr std::string_view sums = ".in_sum2";
  Importance out;
  for (const TensorView& tensor : source->tensors()) {
    if (!tensor.name.ends_with(sums)) continue;
    const std::string name = tensor.name.substr(0, tensor.name.size() - sums.size());
    const TensorView* counts = source->find(name + ".counts");
    if (!counts || counts->elements() != tensor.rows()) {
      fail(Status::bad_file, fmt::format("{}: {} has no counts of its {} sets", path, tensor.name, tensor.rows()));
    }
    const std::vector<float> sum = as_weight(tensor).values();
    const std::vector<float> count = as_weight(*counts).values();
    std::vector<float> mean(tensor.columns());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      const float n = count[i / mean.size()];
      if (n > 0) mean[i % mean.size()] += sum[i] / n;
    }
    if (!std::ranges::all_of(mean, [](float x) { return std::isfinite(x) && x >= 0; })) {
      fail(Status::bad_file, fmt::format("{}: {} holds sums that are negative or no numbers", path, tensor.name));
    }
    out.emplace(name, std::move(mean));
  }
  return out;
}

}  // namespace ondol
