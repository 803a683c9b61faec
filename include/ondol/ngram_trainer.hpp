#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "ondol/export.hpp"
#include "ondol/ngram.hpp"
#include "ondol/runtime.hpp"

namespace ondol {

/// How counts become probabilities.
enum class NGramSmoothing : std::uint8_t {
  /// Interpolated modified Kneser-Ney: Chen and Goodman, An empirical study of smoothing techniques for language
  /// modeling, Harvard TR-10-98, 1998, equations 26 and 27; <unk> has a share of the uniform distribution.
  kneser_ney,
  additive,  ///< (count + added) / (count of the context + added * words), words and </s> counted; unknown words: 0
  none       ///< count / count of the context: what was not seen behind a context that was has probability 0
};

struct NGramTrainOptions {
  std::size_t order = 5;  ///< 1 .. 10
  NGramSmoothing smoothing = NGramSmoothing::kneser_ney;
  double added = 1;  ///< of NGramSmoothing::additive, over 0
  /// Discounts of n-grams seen once, twice and more often, where they cannot be estimated: with too few n-grams seen
  /// once to four times. Nothing: an error. Customary: 0.5, 1, 1.5.
  std::optional<std::array<double, 3>> discount_fallback{};
  /// For each order: n-grams seen at most so often are left out. The last value is that of all higher orders; values
  /// may not fall, and the first must be 0. Kneser-Ney only.
  std::vector<std::uint64_t> prune{};
  NGramUnit unit = NGramUnit::words;
  /// Leave out <s>, </s> and <unk> in the text. Otherwise they are an error.
  bool skip_special = false;
  Runtime runtime = Runtime::shared();  ///< whose memory cap counts
};

/// Probabilities of all n-grams of a text, ready to be written or used.
class ONDOL_API NGramEstimate {
 public:
  /// Number of n-grams of each order, unigrams first.
  [[nodiscard]] std::vector<std::size_t> counts() const;
  /// What n-grams of an order that were seen once, twice and more often are discounted by. Kneser-Ney only.
  struct Discounts {
    std::array<double, 3> values{};
    bool fallback = false;  ///< they could not be estimated
  };
  [[nodiscard]] const std::vector<Discounts>& discounts() const noexcept;

  /// Writes an ARPA file, gzip if the path ends in ".gz". Numbers are as exact as float32. Probabilities of 0, which
  /// only some ways of smoothing have, are "-inf".
  /// @throws Error io.
  void write(std::string_view path) const;
  /// The model, as load() of the file would give it.
  [[nodiscard]] NGram model() const;

  struct Impl;
  explicit NGramEstimate(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

/// Counts the n-grams of a text. In memory: 24 bytes a word of text, and about 40 a different n-gram. One thread at a
/// time.
class ONDOL_API NGramTrainer {
 public:
  /// @throws Error invalid_argument: an option out of range, by name.
  explicit NGramTrainer(NGramTrainOptions options = {});
  NGramTrainer(NGramTrainer&&) noexcept;
  NGramTrainer& operator=(NGramTrainer&&) noexcept;
  ~NGramTrainer();

  /// Adds text, each line of it a sentence; lines without words are none.
  /// @throws Error invalid_argument: "<s>", "</s>" or "<unk>" in it, a word over 64 KiB, each with the line;
  ///         unsupported: over 2^32 words; out_of_memory; cancelled. The lines before are kept.
  void add(std::string_view text, const std::stop_token& stop = {});
  /// Adds a file's text, plain or gzip; the progress counts its bytes. @throws Error not_found, io, bad_file,
  /// unsupported and as add().
  void add_file(std::string_view path, const std::stop_token& stop = {}, Progress* progress = nullptr);

  [[nodiscard]] std::uint64_t sentences() const noexcept;
  [[nodiscard]] std::uint64_t words() const noexcept;  ///< sentence marks not counted

  /// Gives the text up: the trainer is then as new.
  /// @throws Error invalid_argument: no text, or discounts that cannot be estimated; out_of_memory; cancelled.
  [[nodiscard]] NGramEstimate estimate(const std::stop_token& stop = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ondol
