#pragma once

#include <string_view>

#include "ngram/words.hpp"
#include "ondol/ngram.hpp"

namespace ondol::ngram {

/// Most words of an n-gram.
constexpr std::size_t most_orders = NGramState::most_words + 1;

/// Most bytes of a line of an ARPA file, and of a word that is written to one: ten words and their numbers fit a line.
constexpr std::size_t longest_line = 1u << 20;
constexpr std::size_t longest_word = 1u << 16;

/// In front of "\data\", in files of other units than words.
constexpr std::string_view unit_comment = "# ondol unit: ";

/// Reads an ARPA file into `model`, which is empty.
/// @throws Error as NGram::load.
void read_arpa(std::string_view path, const NGramLoadOptions& options, const Account& account, NGram::Impl& model);

}  // namespace ondol::ngram
