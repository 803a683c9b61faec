#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/models/merges.hpp"
#include "text/pipeline.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

/// The model of tokenizer.json as read: its large lists, and its settings as they stand. Texts are the file's.
struct ModelData {
  std::string type;
  std::vector<std::pair<std::string_view, std::int64_t>> vocabulary;  ///< tokens and their ids
  std::vector<double> scores;                                         ///< by id, of Unigram
  std::vector<Merges::Text> merges;
  std::string settings;  ///< JSON, without the lists
};

/// @param spells_bytes  the pieces' bytes would be spelled as GPT-2 does just before the model; set to false if the
///                      model that is made reads bytes as they are
/// @throws Error bad_file, unsupported.
[[nodiscard]] std::unique_ptr<TokenModel> make_model(const ModelData& data, const Vocabulary& vocabulary,
                                                     bool& spells_bytes);

/// Id of the model's unknown token; -1 if it has none.
[[nodiscard]] Token unknown_token(const ModelData& data, const Vocabulary& vocabulary);

}  // namespace ondol::text
