#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "files/weight_source.hpp"

namespace ondol {

/// The hyper-parameters of a GGUF file under the names of config.json. Keys whose type is wrong are errors.
/// @throws Error bad_file.
[[nodiscard]] Json gguf_config(const WeightSource& source, std::string_view architecture);

/// GGUF's key for a parameter of config.json: "llama.block_count" for num_hidden_layers. Parameters that have none are
/// spelled "ondol.<name>".
[[nodiscard]] std::string gguf_key(std::string_view name, std::string_view architecture);

}  // namespace ondol
