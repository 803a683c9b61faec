#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/ngram.hpp"

namespace ondol::ngram {

constexpr std::string_view begin_word = "<s>";
constexpr std::string_view end_word = "</s>";
constexpr std::string_view unknown_word = "<unk>";

/// Replaces `words` by the words of `text`. They are views of the text, or of static memory.
void split(std::string_view text, NGramUnit unit, std::vector<std::string_view>& words);

/// Appends a word to a text, as split() would find it there.
void join(std::string& text, std::string_view word, NGramUnit unit);

/// The unit called `name`, if there is one.
[[nodiscard]] std::optional<NGramUnit> unit_named(std::string_view name) noexcept;

}  // namespace ondol::ngram
