#pragma once

#include <span>
#include <string_view>

#include "models/config.hpp"
#include "models/naming.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// A model family: one row of the table in registry.cpp.
struct Family {
  std::string_view model_type;    ///< as config.json names it
  std::string_view architecture;  ///< as GGUF names it; empty: as llama.cpp has no name, "ondol.<model_type>"
  Recipe (*recipe)(const Config&);
  Naming (*naming)(const Config&);  ///< how its checkpoints name their tensors
  /// Where GGUF has one name for several: whether a file is of this family; the first that fits counts.
  bool (*fits)(const Config&) = nullptr;
};

[[nodiscard]] std::span<const Family> families() noexcept;

/// The family of a file.
/// @throws Error unsupported: names the model type and those that are known.
[[nodiscard]] const Family& find_family(const Config& config);
/// The family that config.json calls `model_type`, else `otherwise`: several share one GGUF architecture.
[[nodiscard]] const Family& family_of_type(std::string_view model_type, const Family& otherwise);
/// How a family's checkpoints name their tensors, heads included.
[[nodiscard]] Naming naming_of(const Family& family, const Config& config);

/// The tensors of a model under GGUF's names, sorted by name. @throws Error bad_file.
[[nodiscard]] std::vector<Weight> canonical_weights(const WeightSource& source, const Config& config,
                                                    const Family& family);

}  // namespace ondol
