#pragma once

#include <string_view>

namespace ondol::text {

/// Characters that a Unicode property value ("L", "Lu", "N" …) has in Unicode 16.0 but not in 14.0, as ranges for the
/// inside of a PCRE2 class; empty if there are none.
[[nodiscard]] std::string_view regex_additions(std::string_view property) noexcept;

}  // namespace ondol::text
