#pragma once

#include <bitset>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "text/vocabulary.hpp"

namespace ondol::text {

/// A token found in a text; [begin, end) includes the white space that it takes with it.
struct AddedMatch {
  std::size_t begin;
  std::size_t end;
  Token token;
};

/// Finds tokens that are matched as whole texts before anything else: user-defined ones always, control and unknown
/// ones where they are asked for. The first in the text wins, then the longest. The vocabulary must outlive it.
class AddedTokens {
 public:
  explicit AddedTokens(const Vocabulary& vocabulary);

  /// The token also takes the white space before / after it. Ignored if it is not one of them.
  void strip_before(std::string_view text) noexcept;
  void strip_after(std::string_view text) noexcept;

  /// Looks through a text from left to right. The spans must outlive it.
  class Search {
   public:
    /// @param plain  see EncodeOptions; checked by the caller
    Search(const AddedTokens& tokens, std::string_view text, bool control, std::span<const TextRange> plain)
        : tokens_(tokens), text_(text), control_(control), plain_(plain) {}
    [[nodiscard]] std::optional<AddedMatch> next();

   private:
    const AddedTokens& tokens_;
    std::string_view text_;
    bool control_;
    std::span<const TextRange> plain_;
    std::size_t at_ = 0;  // end of the last match
  };

 private:
  struct Entry {
    std::string_view text;
    Token token;
    bool control;
    bool strips_before = false;
    bool strips_after = false;
  };
  [[nodiscard]] Entry* find(std::string_view text) noexcept;

  std::vector<Entry> entries_;  // sorted by text
  std::bitset<256> first_[2];   // first bytes: of user-defined tokens, of all
};

}  // namespace ondol::text
