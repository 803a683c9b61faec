#pragma once

#include <string>
#include <string_view>

namespace ondol {

/// The bytes that base64 text (RFC 4648, padded or not) stands for.
/// @param what names the text in messages.
/// @throws Error bad_file: a character that is none of base64's, or a length that no bytes have.
[[nodiscard]] std::string base64_decode(std::string_view text, std::string_view what);

}  // namespace ondol
