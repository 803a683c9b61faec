#pragma once

#include <string_view>
#include <vector>

#include "ondol/export.hpp"

namespace ondol {

/// A kind of model that this version runs.
struct FamilyInfo {
  std::string_view model_type;    ///< as config.json names it
  std::string_view architecture;  ///< as GGUF files name it; empty where llama.cpp has no name for it
};

/// All of them, in the order of the registry.
[[nodiscard]] ONDOL_API std::vector<FamilyInfo> known_families();

}  // namespace ondol
