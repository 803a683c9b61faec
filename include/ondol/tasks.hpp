#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/export.hpp"
#include "ondol/model.hpp"

namespace ondol {

/// Texts in, answers out: what encoders are for, and decoders with a head. Texts of one call are read together, without
/// padding; each result is what the text alone gives. All throw as Model::read(); no_vocabulary without a tokenizer;
/// context_full: a text that is longer than the model reads, for nothing is cut unless asked for.

struct EmbedOptions {
  /// Put in front of each text; nothing = the model's default prompt, if its folder states one.
  std::optional<std::string> prompt{};
  /// A prompt of the model's folder by name ("query"), instead. @throws Error invalid_argument: no such prompt.
  std::string prompt_name{};
  bool truncate = false;  ///< cut texts to what the model reads
  std::stop_token cancel{};
  std::shared_ptr<Progress> progress{};
};
/// Vectors of texts, [texts, embedding_size()].
[[nodiscard]] ONDOL_API Tensor embed(const Model& model, std::span<const std::string> texts,
                                     const EmbedOptions& options = {});

/// A text, or two that are read together.
struct TextPair {
  std::string first;
  std::optional<std::string> second{};
};

struct LabelScore {
  std::string label;
  float score = 0;  ///< probability: softmax of the logits, or the sigmoid of each where labels do not exclude others
  float logit = 0;
};
/// The labels of each text, most likely first.
[[nodiscard]] ONDOL_API std::vector<std::vector<LabelScore>> classify(const Model& model,
                                                                      std::span<const TextPair> texts,
                                                                      const std::stop_token& stop = {});

/// How good a text is by a model with one label: sigmoid(raw).
struct Rating {
  std::size_t index = 0;  ///< into the texts
  float score = 0;
  float raw = 0;
};
/// Texts by how well they answer the query, best first (cross-encoders).
/// @throws Error unsupported: the model has more than one label.
[[nodiscard]] ONDOL_API std::vector<Rating> rerank(const Model& model, std::string_view query,
                                                   std::span<const std::string> texts,
                                                   const std::stop_token& stop = {});
/// Ratings of replies to a prompt by a reward model, in the order given: read as a pair, or as a conversation where the
/// model has a chat template.
[[nodiscard]] ONDOL_API std::vector<Rating> reward(const Model& model, std::string_view prompt,
                                                   std::span<const std::string> replies,
                                                   const std::stop_token& stop = {});

struct Filled {
  Token id = 0;
  std::string token;  ///< its text
  float score = 0;    ///< probability
};
/// The `count` most likely tokens in the place of each mask ("[MASK]", "<mask>") in the text.
/// @throws Error invalid_argument: no mask in the text.
[[nodiscard]] ONDOL_API std::vector<std::vector<Filled>> fill_mask(const Model& model, std::string_view text,
                                                                   std::size_t count = 5,
                                                                   const std::stop_token& stop = {});

/// A part of a text, [begin, end) in characters.
struct Entity {
  std::string label;  ///< without B- or I-
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
  float score = 0;  ///< mean probability of its tokens
};
/// Neighbouring tokens with one label, but for the label "O". A label B-x begins a new entity.
[[nodiscard]] ONDOL_API std::vector<std::vector<Entity>> classify_tokens(const Model& model,
                                                                         std::span<const std::string> texts,
                                                                         const std::stop_token& stop = {});

struct Answer {
  std::string text;
  std::size_t begin = 0;  ///< characters of the context
  std::size_t end = 0;
  float score = 0;  ///< probability of its begin times that of its end, both over the context's tokens
};
/// The most likely answers to the question in the context, best first, of at most `max_tokens` tokens each.
[[nodiscard]] ONDOL_API std::vector<Answer> answer(const Model& model, std::string_view question,
                                                   std::string_view context, std::size_t count = 1,
                                                   std::size_t max_tokens = 15, const std::stop_token& stop = {});

}  // namespace ondol
