#pragma once

#include <string>
#include <vector>

#include "models/config.hpp"
#include "ondol/model.hpp"

namespace ondol {

/// What config.json says of heads, labels and tokens: a GGUF file's own, where it went along.
[[nodiscard]] Config description_of(const WeightSource& source, const Config& config);

/// Of generation_config.json and config.json, key by key; the first counts.
[[nodiscard]] GenerationDefaults defaults_of(const WeightSource& source, const Config& description);

/// The names of `count` labels: id2label, or "LABEL_0" and so on.
[[nodiscard]] std::vector<std::string> labels_of(const Config& description, std::size_t count);

}  // namespace ondol
