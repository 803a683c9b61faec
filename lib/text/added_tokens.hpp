#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/tokenizer.hpp"

namespace ondol::text {

/// A token that is matched as a whole text, before anything else.
struct AddedToken {
  std::string text;
  Token id = 0;
  bool control = false;        ///< found only where control tokens are asked for
  bool single_word = false;    ///< not inside a word
  bool strips_before = false;  ///< takes the white space before it along
  bool strips_after = false;
  bool normalized = false;  ///< `text` is looked for in the normal form of texts, and is normal itself
};

/// A token found in a text; [begin, end) includes the white space that it takes with it.
struct AddedMatch {
  std::size_t begin;
  std::size_t end;
  Token token;
};

/// Finds added tokens in a text: the first in the text wins, then the longest. Immutable.
class AddedTokens {
 public:
  /// What a control token that may not be read does to others that begin inside it.
  enum class Unread : std::uint8_t {
    is_text,  ///< nothing (llama.cpp)
    hides     ///< they are not found either (Hugging Face)
  };
  AddedTokens() = default;
  /// Of tokens with one spelling the first counts.
  explicit AddedTokens(std::vector<AddedToken> tokens, Unread unread = Unread::is_text);
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// Looks through a text from left to right. The spans and the tokens must outlive it.
  class Search {
   public:
    /// @param plain  see EncodeOptions; checked by the caller
    Search(const AddedTokens& tokens, std::string_view text, bool control, std::span<const TextRange> plain)
        : tokens_(tokens), text_(text), control_(control), plain_(plain) {}
    [[nodiscard]] std::optional<AddedMatch> next();

   private:
    [[nodiscard]] const AddedToken* longest(std::size_t begin) const;
    [[nodiscard]] bool allowed(const AddedToken& token, std::size_t begin) const;
    [[nodiscard]] bool reaches_into_content(const AddedToken& token, std::size_t begin) const;
    [[nodiscard]] bool is_single_word(std::size_t begin, std::size_t end) const;
    [[nodiscard]] AddedMatch with_spaces(const AddedToken& token, std::size_t begin);
    [[nodiscard]] std::size_t after_spaces(std::size_t at);

    const AddedTokens& tokens_;
    std::string_view text_;
    bool control_;
    std::span<const TextRange> plain_;
    std::size_t at_ = 0;      // where to look next
    std::size_t done_ = 0;    // end of the last match
    TextRange spaces_{1, 0};  // the last run of white space that was looked at
  };

 private:
  std::vector<AddedToken> entries_;  // sorted by text
  std::bitset<256> first_[2];        // first bytes: of those always found, of all
  Unread unread_ = Unread::is_text;
};

}  // namespace ondol::text
