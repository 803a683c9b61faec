#pragma once

#include "ondol/export.hpp"

#define ONDOL_VERSION_MAJOR 0
#define ONDOL_VERSION_MINOR 1
#define ONDOL_VERSION_PATCH 0

namespace ondol {

/// Version of the library that is running ("0.1.0"), which may be newer than this header.
[[nodiscard]] ONDOL_API const char* version() noexcept;

}  // namespace ondol
