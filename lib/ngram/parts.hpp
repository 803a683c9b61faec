#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ngram/trie.hpp"
#include "ngram/words.hpp"
#include "ondol/ngram.hpp"

namespace ondol {

/// All that an n-gram model is.
struct NGram::Impl {
  explicit Impl(const ngram::Account& account) : words(account), trie(account) {}

  ngram::Words words;
  ngram::Trie trie;
  NGramUnit unit = NGramUnit::words;
  std::uint32_t bos = ngram::none;
  std::uint32_t eos = ngram::none;
  std::uint32_t unknown = ngram::none;

  /// @throws Error invalid_argument.
  [[nodiscard]] std::uint32_t checked(Token id) const {
    if (id < 0 || static_cast<std::uint32_t>(id) >= words.size()) refuse(id);
    return static_cast<std::uint32_t>(id);
  }
  /// Of a state: that it points into this model. @throws Error mismatch.
  void check(const std::array<std::uint32_t, NGramState::most_words>& entries, std::size_t length) const {
    if (length != 0 && length >= trie.order()) refuse_state();
    for (std::size_t n = 0; n < length; ++n) {
      if (entries[n] != ngram::none && entries[n] >= trie.size(n + 1)) refuse_state();
    }
  }

 private:
  [[noreturn]] void refuse(Token id) const;
  [[noreturn]] static void refuse_state();
};

}  // namespace ondol
