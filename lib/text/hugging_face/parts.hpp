#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "text/decode/chain.hpp"
#include "text/hugging_face/config.hpp"
#include "text/pipeline.hpp"
#include "text/regex.hpp"
#include "text/vocabulary.hpp"

namespace ondol::text {

// What makes the parts of a pipeline of their descriptions in tokenizer.json; one table a kind of part. A null
// description is none. All throw Error bad_file, or unsupported for a type or pattern that is not known.

using Normalizers = std::vector<std::unique_ptr<Normalizer>>;
void add_normalizers(const Json& json, Normalizers& out);

/// Pre-tokenizers, and what the pipeline must know of them.
struct PreTokenizers {
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  int spell_bytes = 0;          ///< how many steps spell bytes …
  bool spells_last = false;     ///< … and whether the last one does
  bool asks_for_start = false;  ///< a step asks where in the original its piece begins …
  bool asks_late = false;       ///< … and is not the first
};
void add_pre_tokenizers(const Json& json, PreTokenizers& out);

[[nodiscard]] std::unique_ptr<Decoder> make_decoder(const Json& json, const Vocabulary& vocabulary);

/// @param ids  looks up a token's id
void read_post_processor(const Json& json, PostProcessor& out);
void read_truncation(const Json& json, PostProcessor& out);
void read_padding(const Json& json, PostProcessor& out);

/// "pattern": {"String": "-"} or {"Regex": "-+"}.
struct PatternConfig {
  std::string text;
  bool is_regex;
};
[[nodiscard]] PatternConfig read_pattern(const Config& config);

}  // namespace ondol::text
