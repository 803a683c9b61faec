#pragma once

#include <memory>
#include <string_view>

#include "files/weight_source.hpp"

namespace ondol {

/// Opens a folder as Hugging Face saves models: config.json, and model.safetensors or the parts that
/// model.safetensors.index.json lists. Its metadata are the members of config.json.
/// @throws Error not_found: neither is there; unsupported: weights only as pickled .bin files; bad_file, io.
[[nodiscard]] std::shared_ptr<const WeightSource> open_folder(std::string_view path);

}  // namespace ondol
