#pragma once

#include <string>
#include <string_view>

#include "ondol/tokenizer.hpp"
#include "text/folder_config.hpp"

namespace ondol::text {

// Readers of tokenizer files, one file of source each. They take the path for messages and to find what lies beside the
// file. All throw Error bad_file, unsupported, io.

[[nodiscard]] Tokenizer load_tokenizer_json(const std::string& path, const TokenizerOptions& options);
/// @param path  of the file that the JSON is, or stands for
[[nodiscard]] Tokenizer read_tokenizer_json(std::string_view json, const std::string& path,
                                            const RoleFiles& files = {});
[[nodiscard]] Tokenizer load_tekken(const std::string& path, const TokenizerOptions& options);
[[nodiscard]] Tokenizer load_tiktoken(const std::string& path, const TokenizerOptions& options);
[[nodiscard]] Tokenizer load_sentence_piece(const std::string& path, const TokenizerOptions& options);
/// @param model  the bytes of the file
[[nodiscard]] Tokenizer read_sentence_piece(std::string_view model, const std::string& path,
                                            const RoleFiles& files = {});
[[nodiscard]] Tokenizer load_vocab_json(const std::string& path, const TokenizerOptions& options);
[[nodiscard]] Tokenizer load_vocab_txt(const std::string& path, const TokenizerOptions& options);
/// What they say, in the words of tokenizer.json.
[[nodiscard]] std::string vocab_json_as_json(const std::string& path, const TokenizerOptions& options);
[[nodiscard]] std::string vocab_txt_as_json(const std::string& path, const TokenizerOptions& options);

/// A folder's tokenizer as it goes along in a file of another kind: one of the two, or none.
struct PortableTokenizer {
  std::string json{};            ///< tokenizer.json, or vocab.json or vocab.txt in its words
  std::string sentence_piece{};  ///< the bytes of tokenizer.model
};
/// What Tokenizer::load() would read.
[[nodiscard]] PortableTokenizer portable_tokenizer(const std::string& folder);

}  // namespace ondol::text
