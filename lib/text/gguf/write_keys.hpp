#pragma once

#include <cstddef>
#include <string>

#include "files/gguf_writer.hpp"

namespace ondol::text {

/// Rows of a model's tables of embeddings; 0: it has none.
struct EmbeddingRows {
  std::size_t tokens = 0;
  std::size_t types = 0;
};

/// Writes the keys `tokenizer.ggml.*` that say what the tokenizer of a folder does, for other readers of GGUF. What
/// keys say counts as what this library's reader makes of them: it must give the ids of the folder's tokenizer on texts
/// of many kinds. There are as many tokens as embeddings: further ones are unused, "[PAD<id>]", as are ids without a
/// token. A byte-level vocabulary whose splitting has no name in GGUF is written without `tokenizer.ggml.pre`, which
/// llama.cpp warns of and this library refuses. Where there is no tokenizer, or no words for it, `tokenizer.ggml.model`
/// is "none": such files take ids. A tokenizer that cannot be read counts as none; why is said when it is loaded.
void write_tokenizer_keys(const std::string& folder, const EmbeddingRows& rows, GgufWriter& writer);

}  // namespace ondol::text
