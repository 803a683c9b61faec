#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "files/weight_source.hpp"

namespace ondol {

/// The hyper-parameters of a GGUF file under the names of config.json. Keys whose type is wrong are errors.
/// @throws Error bad_file.
[[nodiscard]] Json gguf_config(const WeightSource& source, std::string_view architecture);

/// The same from keys without "<architecture>." in front. Some parameters are told by the tensors that are there.
[[nodiscard]] Json gguf_config(const std::vector<std::pair<std::string_view, Json>>& keys,
                               const std::function<bool(std::string_view)>& has_tensor);

/// How a key without "<architecture>." in front is stored.
enum class KeyType : std::uint8_t { count, number, flag, text, flags };
[[nodiscard]] KeyType gguf_key_type(std::string_view key);

/// GGUF's key for a parameter of config.json: "llama.block_count" for num_hidden_layers. Parameters that have none are
/// spelled "ondol.<name>".
[[nodiscard]] std::string gguf_key(std::string_view name, std::string_view architecture);

}  // namespace ondol
