#pragma once

#include <span>
#include <string_view>

#include "models/config.hpp"
#include "models/recipe.hpp"
#include "models/tensor_names.hpp"

namespace ondol {

/// A model family: one row of the table in registry.cpp.
struct Family {
  std::string_view architecture;  ///< as GGUF names it
  Recipe (*recipe)(const Config&);
  const TensorNames& names;
};

[[nodiscard]] std::span<const Family> families() noexcept;

/// The family of a file.
/// @throws Error unsupported: names the architecture and those that are known.
[[nodiscard]] const Family& find_family(const Config& config);

// One function a family, each in a file of its own.
[[nodiscard]] Recipe llama(const Config& config);
[[nodiscard]] Recipe qwen2(const Config& config);

}  // namespace ondol
