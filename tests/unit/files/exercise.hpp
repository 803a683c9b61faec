#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "files/weight_source.hpp"
#include "ondol/error.hpp"

namespace test {

/// Asks an opened source for everything it can be asked for; each answer may be an Error. Touches every byte that a
/// tensor claims, so that a wrong view is seen by the sanitizers. Returns a number that depends on all of it.
inline double exercise(const ondol::WeightSource& source) {
  double sum = 0;
  const auto ask = [&sum](auto&& question) {
    try {
      question();
    } catch (const ondol::Error& e) {
      sum += static_cast<double>(std::string_view(e.what()).size());
    }
  };
  for (const auto& entry : source.entries()) {
    const std::string& key = entry.key;
    sum += static_cast<double>(entry.type.size() + entry.value.size());
    ask([&] { sum += static_cast<double>(source.count(key).value()); });
    ask([&] { sum += static_cast<double>(source.integer(key).value()); });
    ask([&] { sum += source.number(key).value(); });
    ask([&] { sum += source.flag(key).value(); });
    ask([&] { sum += static_cast<double>(source.text(key).value().size()); });
    ask([&] {
      const auto list = source.texts(key).value();
      for (const std::string_view t : list) sum += t.empty() ? 0 : t.back();
    });
    ask([&] {
      const auto list = source.integers(key).value();
      for (const std::int64_t v : list) sum += static_cast<double>(v);
    });
    ask([&] {
      const auto list = source.numbers(key).value();
      for (const double v : list) sum += v;
    });
  }
  std::vector<float> values;
  for (const ondol::TensorView& t : source.tensors()) {
    const std::size_t blocks = t.elements() / t.format->weights;
    values.resize(256);
    const std::size_t step = values.size() / t.format->weights;
    for (std::size_t i = 0; i < blocks; i += step) {
      t.format->unpack(t.bytes.data() + i * t.format->bytes, values.data(), std::min(step, blocks - i));
      sum += values[0];
    }
    sum += source.find(t.name) == &t;
  }
  return sum;
}

}  // namespace test
