#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ondol/tokenizer.hpp"

namespace ondol::text {

/// What a token is; the values are GGUF's.
enum class TokenType : std::uint8_t { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

/// Tokens by id and by spelling, copied out of their file. Immutable but for set_type() while it is built.
class Vocabulary {
 public:
  /// @param types  as many as tokens.
  /// @throws Error bad_file: no token, over 2^31, or over 4 GiB of text.
  Vocabulary(std::span<const std::string_view> tokens, std::vector<TokenType> types);

  [[nodiscard]] std::size_t size() const noexcept { return types_.size(); }
  [[nodiscard]] bool contains(std::int64_t id) const noexcept { return id >= 0 && id < std::int64_t(size()); }
  [[nodiscard]] std::string_view text(Token id) const noexcept {
    return std::string_view(texts_).substr(offsets_[std::size_t(id)],
                                           offsets_[std::size_t(id) + 1] - offsets_[std::size_t(id)]);
  }
  [[nodiscard]] TokenType type(Token id) const noexcept { return types_[std::size_t(id)]; }
  void set_type(Token id, TokenType type) noexcept { types_[std::size_t(id)] = type; }

  /// What decoding sees in place of a token's spelling; to be set in order of ids, while it is built.
  void set_decoded(Token id, std::string text) { decoded_.emplace_back(id, std::move(text)); }
  [[nodiscard]] std::string_view decoded(Token id) const noexcept;

  /// Id of a spelling, the lowest where several tokens share it; -1 if there is none.
  [[nodiscard]] Token find(std::string_view text) const noexcept;
  /// find() of many texts at once: several times as fast, for the memory is fetched ahead.
  void find_all(std::span<const std::string_view> texts, std::span<Token> ids) const;
  [[nodiscard]] std::size_t longest() const noexcept { return longest_; }

  /// Id of the byte token of each byte ("<0x0A>", type byte); -1 if there is none.
  [[nodiscard]] std::vector<Token> byte_tokens() const;

 private:
  std::string texts_;
  std::vector<std::uint32_t> offsets_;
  std::vector<TokenType> types_;
  std::vector<Token> slots_;  // open addressing; a power of two, at least twice the tokens
  std::size_t longest_ = 0;
  std::vector<std::pair<Token, std::string>> decoded_;  // of few tokens
};

/// The byte a token "<0x0A>" stands for: exactly two hexadecimal digits.
[[nodiscard]] std::optional<unsigned char> byte_of(std::string_view token_text) noexcept;

}  // namespace ondol::text
