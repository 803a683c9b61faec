#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "files/weight_source.hpp"

namespace ondol {

/// A model's hyper-parameters by their GGUF names without the architecture in front ("attention.head_count"), each
/// checked against what any model can have.
class Config {
 public:
  /// @throws Error bad_file: no general.architecture.
  explicit Config(const WeightSource& source);

  [[nodiscard]] const WeightSource& source() const noexcept { return source_; }
  [[nodiscard]] const std::string& architecture() const noexcept { return architecture_; }

  [[nodiscard]] bool has(std::string_view name) const { return source_.has(key(name)); }
  /// A positive whole number, at most `most`. @throws Error bad_file: absent or out of range.
  [[nodiscard]] std::size_t count(std::string_view name, std::size_t most = 1u << 24) const;
  /// The same, or `otherwise` when the key is absent. Where `otherwise` is 0, the file may say 0 too.
  [[nodiscard]] std::size_t count_or(std::string_view name, std::size_t otherwise, std::size_t most = 1u << 24) const;
  /// A finite number > 0. @throws Error bad_file.
  [[nodiscard]] double positive(std::string_view name) const;
  [[nodiscard]] double positive_or(std::string_view name, double otherwise) const;
  [[nodiscard]] std::string_view text_or(std::string_view name, std::string_view otherwise) const;

 private:
  [[nodiscard]] std::string key(std::string_view name) const;
  const WeightSource& source_;
  std::string architecture_;
};

}  // namespace ondol
