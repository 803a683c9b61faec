#pragma once

#include <optional>
#include <vector>

#include "text/post_processor.hpp"
#include "text/vocabulary.hpp"

namespace ondol {
class WeightSource;
}

namespace ondol::text {

/// The ids with a role, and what encoding adds around a text.
struct SpecialTokens {
  std::optional<Token> bos, eos, unknown, padding;
  bool adds_bos = false, adds_eos = false;
  std::vector<Token> ends;  ///< sorted; any of them ends a reply
};

/// What a vocabulary means where the file says nothing.
struct SpecialDefaults {
  bool adds_bos = false;
  bool adds_eos = false;
  bool bert_ids = false;  ///< "[CLS]" is the start token, "[SEP]" the end token, "[UNK]" and "[PAD]" say it
  bool spm_ids = false;   ///< "<unk>", "<s>", "</s>" have their roles by spelling (SentencePiece)
};

/// Reads the `tokenizer.ggml.*_token_id` and `add_*_token` keys, and finds the ends.
/// @throws Error bad_file: an id outside of the vocabulary (all bits set means none).
[[nodiscard]] SpecialTokens read_special_tokens(const WeightSource& source, Vocabulary& vocabulary,
                                                const SpecialDefaults& defaults);

/// Adds the tokens that end a turn by their known spelling to `special.ends`, with its end token. They become control
/// tokens in `vocabulary` if they were added tokens, as the start token does.
void find_ends(Vocabulary& vocabulary, SpecialTokens& special);

/// Start and end tokens around a text, or each of two texts, where the roles ask for them.
[[nodiscard]] PostProcessor around(const SpecialTokens& special);

}  // namespace ondol::text
