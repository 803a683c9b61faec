#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// GGUF's keys, without "<architecture>." in front, that say what a recipe does. What they cannot say is left out: a
/// recipe that is read back from them may differ.
[[nodiscard]] std::vector<std::pair<std::string_view, Json>> describe(const Recipe& recipe,
                                                                      std::string_view architecture);

}  // namespace ondol
