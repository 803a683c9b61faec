#pragma once

#include <string_view>
#include <vector>

#include "ngram/trie.hpp"
#include "ngram/words.hpp"
#include "ondol/ngram.hpp"

namespace ondol::ngram {

/// Writes an ARPA file, gzip if the path ends in ".gz".
/// @throws Error io.
void write_arpa(std::string_view path, const Words& words, const std::vector<Array<Entry>>& orders, NGramUnit unit);

}  // namespace ondol::ngram
