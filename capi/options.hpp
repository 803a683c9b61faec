#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/options.hpp"
#include "ondol/generate.hpp"
#include "ondol/model.hpp"
#include "ondol/reply_parser.hpp"
#include "ondol/runtime.hpp"

namespace ondol::capi {

/// What an options object is for.
enum class Topic : std::uint8_t { runtime, load, tokenizer, render, generate, chat, reply };

/// The name that ondol_options_schema() takes; nothing for another.
[[nodiscard]] std::optional<Topic> topic_of(std::string_view name) noexcept;

/// All keys of a topic's object.
[[nodiscard]] std::vector<OptionSpec> option_specs(Topic topic);
/// The sampler's part of them, in the order in which the steps are applied.
[[nodiscard]] std::vector<OptionSpec> sampler_specs();

/// The caller's options, checked, with every key of the topic. @throws Error invalid_argument.
[[nodiscard]] Json read_options(const char* text, std::int64_t size, Topic topic);

/// A checked integer as 64 bits without sign. @throws Error invalid_argument: it needs more.
[[nodiscard]] std::uint64_t count_of(const Json& value, std::string_view key);

/// Values of checked options; those of a bigger topic may be given too.
[[nodiscard]] RuntimeOptions runtime_options(const Json& options);
[[nodiscard]] TokenizerOptions tokenizer_options(const Json& options);
[[nodiscard]] RenderOptions render_options(const Json& options);
[[nodiscard]] Sampler sampler_options(const Json& options);
[[nodiscard]] GenerateOptions generate_options(const Json& options);
[[nodiscard]] ChatOptions chat_options(const Json& options);
[[nodiscard]] ReplyOptions reply_options(const Json& options);
/// With the given runtime, or one of its own if the options ask for that, or the shared one.
/// @throws Error invalid_argument: a runtime and options of one.
[[nodiscard]] LoadOptions load_options(const Json& options, const Runtime* runtime);

}  // namespace ondol::capi
