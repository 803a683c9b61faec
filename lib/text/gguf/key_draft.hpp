#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "ondol/tokenizer.hpp"
#include "text/gguf/written_keys.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// A vocabulary in GGUF's terms, and the ways in which keys may say what its tokenizer does.
struct KeyDraft {
  std::vector<std::string> tokens;
  std::vector<TokenType> types;   ///< one a token
  std::vector<float> scores;      ///< one a token, or none
  KeyList keys;                   ///< further keys, in any case
  std::vector<KeyList> settings;  ///< keys of which one list goes along: the first that gives the right ids
  bool stands_alone = false;      ///< `keys` say something that is right without any of `settings`, too
};

/// Number of the tokens that stand for a byte. Without all 256 llama.cpp ends the process where text is no token of a
/// vocabulary "llama", and drops it in one of "gemma4"; in one of "t5" it knows no bytes.
[[nodiscard]] inline std::size_t byte_tokens(const KeyDraft& draft) {
  return std::size_t(std::ranges::count(draft.types, TokenType::byte));
}

/// Of a tokenizer.json. No `settings`: GGUF has no words for it.
/// @param tokenizer  as loaded of it
[[nodiscard]] KeyDraft draft_of_json(const Json& root, const Tokenizer& tokenizer);

/// Of a SentencePiece model.
/// @param model  the bytes of a file that was loaded
[[nodiscard]] KeyDraft draft_of_sentence_piece(std::string_view model);

}  // namespace ondol::text
