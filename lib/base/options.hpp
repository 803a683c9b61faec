#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace ondol {

enum class OptionType : std::uint8_t { boolean, integer, number, string, array, object, any };

/// One key of an options object, as a row of a table.
struct OptionSpec {
  std::string_view key;
  OptionType type;
  Json preset;                  ///< the value where the key is missing; null = none
  std::optional<double> min{};  ///< least and greatest number; of strings and arrays the length
  std::optional<double> max{};
  std::string_view doc{};
  std::span<const std::string_view> choices{};  ///< of a string: nothing else is allowed
};

/// `options` (null or an object) checked against the table, with every key of the table, in its order. A null member
/// means the preset.
/// @param what names the options in messages ("generate options").
/// @throws Error invalid_argument: no object; an unknown key (the nearest known one is named); a wrong type or range.
[[nodiscard]] Json validate_options(const Json& options, std::span<const OptionSpec> specs, std::string_view what);

/// The table for people and programs: {"key": {"type": ..., "default": ..., "min": ..., "max": ..., "doc": ...}, ...}.
[[nodiscard]] Json options_schema(std::span<const OptionSpec> specs);

/// The one of `known` that is the fewest edits away from `word`; empty if none is near.
[[nodiscard]] std::string_view nearest_word(std::string_view word, std::span<const std::string_view> known);

/// Typed values of validated options; the key must be in the table and the value not null, else Error internal.
[[nodiscard]] bool option_flag(const Json& options, std::string_view key);
[[nodiscard]] std::int64_t option_integer(const Json& options, std::string_view key);
[[nodiscard]] std::uint64_t option_count(const Json& options, std::string_view key);
[[nodiscard]] double option_number(const Json& options, std::string_view key);
[[nodiscard]] const std::string& option_text(const Json& options, std::string_view key);
/// Nothing where the value is null.
[[nodiscard]] const Json* option_if(const Json& options, std::string_view key);

}  // namespace ondol
