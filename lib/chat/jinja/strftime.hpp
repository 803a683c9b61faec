#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "chat/jinja/text.hpp"

namespace ondol::jinja {

/// C's strftime in the C locale, with glibc's %-d and %k.
/// @param now  calendar seconds; nothing: the clock's local time
void append_time(TextBuilder& out, std::string_view format, std::optional<std::chrono::sys_seconds> now);

}  // namespace ondol::jinja
