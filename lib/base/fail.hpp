#pragma once

#include <string>

#include "ondol/error.hpp"

namespace ondol {

/// Throws Error. Messages name the thing, what was found and what was expected.
[[noreturn]] void fail(Status code, const std::string& message, std::int64_t offset = -1);

}  // namespace ondol
