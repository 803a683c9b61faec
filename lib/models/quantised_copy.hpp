#pragma once

#include <string>
#include <string_view>

#include "ondol/model.hpp"

namespace ondol {

/// The GGUF file that holds the model in `path` quantised to options.quantize: made now, unless it has been before. Its
/// name holds a fingerprint of the weights, and the times of their files.
/// @throws Error as convert().
[[nodiscard]] std::string quantised_copy(std::string_view path, const LoadOptions& options);

}  // namespace ondol
