#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ondol/chat_template.hpp"
#include "ondol/export.hpp"
#include "ondol/kv_cache.hpp"
#include "ondol/precision.hpp"
#include "ondol/runtime.hpp"
#include "ondol/tensor.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol {

struct LoadOptions {
  Runtime runtime = Runtime::shared();
  Precision precision = Precision::fast;
  /// How caches store keys and values; nothing = f16, or f32 with Precision::exact.
  std::optional<CacheType> cache_type{};
  /// Most positions of a cache; 0 = the model's own. Larger than the model's own is allowed.
  std::size_t context = 0;
  /// Quantise the weights to this type of convert_types() ("q4_k_m") first; empty = as they are. The result is kept in
  /// a GGUF file and found there the next time.
  std::string quantize{};
  /// Folder of such files; empty = $ONDOL_CACHE, $XDG_CACHE_HOME/ondol or ~/.cache/ondol.
  std::string quantize_folder{};
  TokenizerOptions tokenizer;
  std::stop_token stop{};
  std::shared_ptr<Progress> progress{};
};

enum class ModelKind : std::int32_t {
  decoder,         ///< goes on with a text
  encoder,         ///< reads a whole text in both directions
  encoder_decoder  ///< writes a text about another one, its source
};
[[nodiscard]] ONDOL_API const char* model_kind_name(ModelKind kind) noexcept;

/// What a generation starts, ends and keeps off with, as generation_config.json or config.json say.
struct GenerationDefaults {
  std::optional<Token> decoder_start{};  ///< encoder-decoders: the first token of what they write
  std::optional<Token> forced_bos{};     ///< the first token that is chosen
  std::optional<Token> forced_eos{};     ///< the last token at the full length
  std::vector<Token> banned{};           ///< never chosen
  std::vector<Token> ends{};             ///< end the text
};

/// Shape of a model as its file states it.
struct ModelInfo {
  std::string architecture;  ///< "llama"
  std::string name;          ///< as the file calls it, may be empty
  ModelKind kind = ModelKind::decoder;
  std::string head;                 ///< "language", "sequence", "tokens", "span" or "none": what logits there are
  std::vector<std::string> labels;  ///< of a head that has them
  bool multi_label = false;         ///< whether several of them may hold at once
  std::size_t token_types = 0;      ///< kinds of token that were learned
  std::size_t context = 0;          ///< positions the model was made for
  std::size_t layers = 0;
  std::size_t hidden_size = 0;
  std::size_t intermediate_size = 0;
  std::size_t heads = 0;
  std::size_t kv_heads = 0;
  std::size_t head_dim = 0;
  std::size_t vocabulary = 0;  ///< rows of the logits
  bool tied_embeddings = false;
  std::size_t experts = 0;              ///< of a layer that is a mixture of experts; 0: there is none
  std::size_t experts_used = 0;         ///< of those, by each token
  std::uint64_t parameters = 0;         ///< weights in the file; a tied matrix counts once
  std::uint64_t active_parameters = 0;  ///< those that a token makes use of: all but the experts it does not go to
  std::uint64_t tensor_bytes = 0;       ///< their bytes in the file
};

/// What stands in a model file.
struct FileInfo {
  struct Entry {
    std::string key;
    std::string type;   ///< "u32", "string", "string[49152]"
    std::string value;  ///< arrays and long texts are cut short
  };
  struct Tensor {
    std::string name;
    std::string type;                  ///< "Q4_1"
    std::vector<std::uint64_t> shape;  ///< innermost dimension first
    std::uint64_t bytes = 0;
  };
  std::vector<Entry> metadata;
  std::vector<Tensor> tensors;
  std::uint64_t parameters = 0;
  std::uint64_t tensor_bytes = 0;
  std::string family;       ///< of families(); empty if it is none that is known
  std::size_t context = 0;  ///< positions the model was made for; 0 if the family is not known
};

/// Reads the headers of a GGUF file (any part of a split one) or a folder, weights untouched. Works for models of any
/// architecture.
/// @throws Error not_found, io, bad_file, unsupported.
[[nodiscard]] ONDOL_API FileInfo inspect(std::string_view path);

/// Bytes a model will need; see Model::estimate.
struct MemoryEstimate {
  std::uint64_t parameters = 0;
  std::uint64_t active_parameters = 0;  ///< those that a token makes use of
  std::uint64_t file_bytes = 0;         ///< tensors as they are in the file
  std::uint64_t weights_bytes = 0;      ///< after packing, what stays in memory
  std::uint64_t cache_bytes = 0;        ///< keys and values of `context` positions: what KVCache::bytes() will be, states
                                        ///< aside
  std::uint64_t position_bytes = 0;     ///< of those, what one more position takes beyond all windows
  std::uint64_t state_bytes = 0;        ///< recurrent states of a sequence
  std::uint64_t scratch_bytes = 0;      ///< largest working memory of a forward pass, and what a cache keeps to go back
  [[nodiscard]] std::uint64_t total_bytes() const noexcept {
    return weights_bytes + cache_bytes + state_bytes + scratch_bytes;
  }
};

/// What a step shall return.
struct Want {
  enum class Logits : std::int32_t { none, last, all, positions };
  Logits logits = Logits::last;
  /// With Logits::positions: indices into the step's tokens, ascending.
  std::span<const std::uint32_t> positions{};
  /// Hidden states after the final norm, of every token of the step.
  bool hidden = false;
};

/// A whole text, read at once.
struct WholeText {
  std::span<const Token> tokens;           ///< at least one
  std::span<const std::uint32_t> types{};  ///< kinds of token ("token types"); empty: all 0
  std::size_t prompt = 0;                  ///< so many tokens in front may be left out of an embedding
};

/// What is wanted of a whole text.
enum class Output : std::int32_t {
  hidden,    ///< [tokens, hidden_size] behind the last norm; of an encoder-decoder the encoder's
  logits,    ///< [tokens, vocabulary], or of a head for tokens [tokens, labels]
  labels,    ///< [tokens, labels] of a head for tokens
  classes,   ///< [1, labels] of a head for whole texts
  spans,     ///< [tokens, 2]: where an answer begins and where it ends
  embedding  ///< [1, embedding_size()]: pooled, projected and normalised as the model's folder says
};

/// Tokens to append to one sequence.
struct Step {
  KVCache& cache;
  std::span<const Token> tokens;  ///< at least one
  Want want{};
};

/// What a step returned: one row for each position asked for, in order.
struct StepOutput {
  Tensor logits;  ///< [positions, vocabulary]
  Tensor hidden;  ///< [tokens, hidden_size]
};

/// A language model with its weights. Immutable; a cheap handle to shared state; any thread may use it (calls that
/// compute take turns on the runtime's threads).
class ONDOL_API Model {
 public:
  /// Loads a GGUF file (any part of a split one) or a folder as Hugging Face saves models.
  /// @throws Error not_found, io, bad_file; unsupported: an architecture, storage type or option by name;
  ///         out_of_memory: the runtime's cap; cancelled.
  [[nodiscard]] static Model load(std::string_view path, const LoadOptions& options = {});

  /// Memory that load() with these options and one full cache would take, from headers alone: of a GGUF file, or of a
  /// folder, where config.json (with its dtype) is enough.
  [[nodiscard]] static MemoryEstimate estimate(std::string_view path, const LoadOptions& options = {});

  [[nodiscard]] const ModelInfo& info() const noexcept;
  [[nodiscard]] const Runtime& runtime() const noexcept;
  /// Most positions of a cache.
  [[nodiscard]] std::size_t context() const noexcept;
  [[nodiscard]] bool has_tokenizer() const noexcept;
  /// @throws Error no_vocabulary, or the reason why the file's tokenizer cannot be run.
  [[nodiscard]] const Tokenizer& tokenizer() const;
  [[nodiscard]] bool has_chat_template() const noexcept;
  /// @throws Error no_chat_template, or the reason why the file's template does not parse.
  [[nodiscard]] const ChatTemplate& chat_template() const;
  /// Identifies architecture, hyper-parameters and weights; a saved cache carries it.
  [[nodiscard]] std::uint64_t fingerprint() const noexcept;

  /// An empty cache for one sequence; takes memory as it grows.
  /// @throws Error unsupported: an encoder, which keeps nothing.
  [[nodiscard]] KVCache new_cache() const;
  /// Empty caches of an encoder-decoder, one a source, each of which the encoder has read. Forks share the source.
  /// @throws Error as read(); unsupported: another kind of model.
  [[nodiscard]] std::vector<KVCache> new_caches(std::span<const WholeText> sources,
                                                const std::stop_token& stop = {}) const;
  [[nodiscard]] KVCache new_cache(std::span<const Token> source, const std::stop_token& stop = {}) const;
  [[nodiscard]] const GenerationDefaults& generation_defaults() const noexcept;

  /// Reads whole texts, without padding, and gives what is wanted of each. Results do not depend on the number of
  /// threads nor on the other texts.
  /// @throws Error invalid_argument: no tokens, an id or a type out of range; unsupported: the model has no such head;
  ///         context_full; out_of_memory; cancelled.
  [[nodiscard]] std::vector<Tensor> read(std::span<const WholeText> texts, Output output,
                                         const std::stop_token& stop = {}, Progress* progress = nullptr) const;
  /// Width of embeddings. @throws Error: why the folder's modules cannot be run.
  [[nodiscard]] std::size_t embedding_size() const;
  /// Most tokens of a text to be embedded.
  [[nodiscard]] std::size_t embedding_context() const;
  /// Texts to put in front of those that are embedded, by name, and the name of the default one ("" = none).
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> embedding_prompts() const;
  [[nodiscard]] std::string default_embedding_prompt() const;

  /// Appends each step's tokens to its cache and computes what it wants, all steps in one pass over the weights.
  /// Results do not depend on the number of threads, on the other steps, or on how a sequence is cut into steps.
  /// @return one output a step, in order.
  /// @throws Error invalid_argument: no steps, no tokens, an id outside of the vocabulary, the same cache
  ///         twice; mismatch: a cache of another model; context_full; out_of_memory; cancelled: each cache is left at
  ///         the last complete position. For all other errors the caches are unchanged.
  [[nodiscard]] std::vector<StepOutput> forward(std::span<const Step> steps, const std::stop_token& stop = {},
                                                Progress* progress = nullptr) const;
  /// The same into `outputs`, whose memory is used again: one token after the other costs no allocation but for the blocks
  /// of the cache. After an error what it holds is of no use.
  void forward(std::span<const Step> steps, std::vector<StepOutput>& outputs, const std::stop_token& stop = {},
               Progress* progress = nullptr) const;

  /// Rows of the embedding matrix, [ids, hidden_size].
  [[nodiscard]] Tensor embed(std::span<const Token> ids) const;
  /// Logits [rows, vocabulary] of hidden states [rows, hidden_size] as StepOutput::hidden gives them.
  [[nodiscard]] Tensor head(const Tensor& hidden) const;
  /// Logits of every position of a fresh sequence, [ids, vocabulary]; of a head for tokens [ids, labels].
  [[nodiscard]] Tensor logits(std::span<const Token> ids) const;
  /// Logits of every position that an encoder-decoder writes about `source`, [ids, vocabulary].
  [[nodiscard]] Tensor logits(std::span<const Token> source, std::span<const Token> ids,
                              const std::stop_token& stop = {}) const;

 private:
  struct Impl;
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace ondol
