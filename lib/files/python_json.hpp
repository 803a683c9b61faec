#pragma once

#include <string>
#include <string_view>

namespace ondol {

/// JSON as Python writes it, with the words NaN, Infinity and -Infinity, which JSON has not, as null.
[[nodiscard]] std::string plain_json(std::string_view text);

}  // namespace ondol
