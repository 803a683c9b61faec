#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace ondol::text {

/// A part of tokenizer.json: its values by key, with errors that name the part and the key.
class Config {
 public:
  /// @param what  name of the part in messages: "normalizer"
  Config(const Json& json, std::string what);

  [[nodiscard]] std::string_view type() const noexcept { return type_; }
  [[nodiscard]] const std::string& what() const noexcept { return what_; }

  /// @throws Error bad_file: a value of another kind; where there is no default, none.
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] std::string text(std::string_view key, std::string_view if_missing) const;
  [[nodiscard]] bool flag(std::string_view key, bool if_missing) const;
  [[nodiscard]] std::size_t count(std::string_view key, std::optional<std::size_t> if_missing = {}) const;
  /// A text of one character.
  [[nodiscard]] char32_t character(std::string_view key) const;
  /// nullptr: there is none, or it is null.
  [[nodiscard]] const Json* find(std::string_view key) const noexcept;
  /// @throws Error bad_file: there is none, or it is of another kind.
  [[nodiscard]] const Json& at(std::string_view key, Json::Kind kind) const;

  [[noreturn]] void refuse_value(std::string_view key, std::string_view found, std::string_view expected) const;
  /// For a type that no table has.
  [[noreturn]] void refuse_type() const;

 private:
  const Json& json_;
  std::string what_;
  std::string type_;
};

}  // namespace ondol::text
