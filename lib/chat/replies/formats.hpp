#pragma once

#include <span>
#include <string_view>

#include "chat/replies/format.hpp"

namespace ondol::replies {

extern const Format hermes;
extern const Format llama3_json;
extern const Format pythonic;
extern const Format mistral;
extern const Format qwen_xml;
extern const Format harmony;
extern const Format deepseek;
extern const Format glm;
extern const Format command_r;
extern const Format granite;
extern const Format kimi_k2;
extern const Format react;

/// All of them.
[[nodiscard]] std::span<const Format* const> formats() noexcept;

/// @throws Error invalid_argument: an unknown name; the known ones are named.
[[nodiscard]] const Format& find_format(std::string_view name);

}  // namespace ondol::replies
