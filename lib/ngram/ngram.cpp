#include "ondol/ngram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "ngram/arpa_reader.hpp"
#include "ngram/parts.hpp"
#include "ngram/units.hpp"
#include "runtime/state.hpp"

namespace ondol {

using ngram::none;

namespace {

constexpr double impossible = -std::numeric_limits<double>::infinity();

float natural(double log10) { return static_cast<float>(log10 * std::numbers::ln10); }

std::optional<Token> token_of(std::uint32_t id) {
  return id == none ? std::nullopt : std::optional(static_cast<Token>(id));
}

}  // namespace

void NGram::Impl::refuse(Token id) const {
  fail(Status::invalid_argument, fmt::format("word {} is outside of the vocabulary of {}", id, words.size()));
}

void NGram::Impl::refuse_state() { fail(Status::mismatch, "the state is another n-gram model's"); }

NGram NGram::load(std::string_view path, const NGramLoadOptions& options) {
  if (!(options.unknown_log10 <= 0)) {
    fail(Status::invalid_argument, fmt::format("unknown_log10 is {}, expected at most 0", options.unknown_log10));
  }
  const ngram::Account& account = options.runtime.state()->memory;
  auto impl = std::make_shared<Impl>(account);
  ngram::read_arpa(path, options, account, *impl);
  return NGram(std::move(impl));
}

std::size_t NGram::order() const noexcept { return impl_->trie.order(); }
std::size_t NGram::vocabulary() const noexcept { return impl_->words.size(); }
std::uint64_t NGram::memory() const noexcept { return impl_->words.bytes() + impl_->trie.bytes(); }
NGramUnit NGram::unit() const noexcept { return impl_->unit; }
std::optional<Token> NGram::bos() const noexcept { return token_of(impl_->bos); }
std::optional<Token> NGram::eos() const noexcept { return token_of(impl_->eos); }
Token NGram::unknown() const noexcept { return static_cast<Token>(impl_->unknown); }

std::vector<std::size_t> NGram::counts() const {
  std::vector<std::size_t> counts;
  for (std::size_t n = 1; n <= order(); ++n) counts.push_back(impl_->trie.size(n));
  return counts;
}

std::string_view NGram::word(Token id) const { return impl_->words[impl_->checked(id)]; }

std::optional<Token> NGram::find(std::string_view word) const noexcept { return token_of(impl_->words.find(word)); }

std::vector<Token> NGram::encode(std::string_view text) const {
  std::vector<std::string_view> words;
  ngram::split(text, impl_->unit, words);
  std::vector<std::uint32_t> found(words.size());
  impl_->words.find_all(words, found);
  std::vector<Token> ids(words.size());
  std::ranges::transform(found, ids.begin(),
                         [&](std::uint32_t id) { return static_cast<Token>(id == none ? impl_->unknown : id); });
  return ids;
}

std::string NGram::decode(std::span<const Token> ids) const {
  std::string text;
  for (const Token token : ids) {
    const std::uint32_t id = impl_->checked(token);
    if (id != impl_->bos && id != impl_->eos) ngram::join(text, impl_->words[id], impl_->unit);
  }
  return impl_->unit == NGramUnit::bytes ? utf8_repair(text) : text;
}

NGramState NGram::start() const noexcept {
  NGramState state;
  if (impl_->bos != none && order() > 1) {
    state.entries_[0] = impl_->bos;
    state.length_ = 1;
  }
  return state;
}

NGramState NGram::state(std::span<const Token> ids) const {
  for (const Token id : ids) static_cast<void>(impl_->checked(id));
  NGramState state;
  for (const Token id : ids.last(std::min(ids.size(), order() - 1))) state = advance(state, id);
  return state;
}

std::vector<Token> NGram::context(const NGramState& state) const {
  impl_->check(state.entries_, state.length_);
  std::vector<Token> words(state.length_);
  std::uint32_t entry = state.length_ == 0 ? 0 : state.entries_[state.length_ - 1u];
  for (std::size_t n = state.length_; n > 1; --n) {
    words[n - 1] = static_cast<Token>(impl_->trie.word(n, entry));
    entry = impl_->trie.context(n, entry);
  }
  if (!words.empty()) words[0] = static_cast<Token>(entry);
  return words;
}

NGramStep NGram::step(const NGramState& state, Token token) const {
  const std::uint32_t word = impl_->checked(token);
  impl_->check(state.entries_, state.length_);
  const ngram::Trie& trie = impl_->trie;
  const std::size_t highest = trie.order();
  NGramStep result;
  NGramState& next = result.state;
  double log10 = 0;
  // What extends each context is fetched from memory for all of them at once, before any search waits for it.
  std::array<ngram::Trie::Range, NGramState::most_words> ranges;
  for (std::size_t n = 1; n <= state.length_; ++n) {
    const std::uint32_t context = state.entries_[n - 1];
    ranges[n - 1] = context == none ? ngram::Trie::Range{0, 0} : trie.extensions(n, context);
  }
  for (std::size_t n = 1; n <= state.length_; ++n) trie.prefetch(n + 1, ranges[n - 1], word);
  // From the longest context down: the first that knows the word gives its probability, those before it their back-off;
  // what is found in the others is where the next word goes on.
  for (std::size_t n = state.length_; n >= 1; --n) {
    const std::uint32_t context = state.entries_[n - 1];
    const std::uint32_t entry = trie.find(n + 1, ranges[n - 1], word);  // none, if there is no such context
    if (result.length == 0) {
      if (entry != none) {
        result.length = static_cast<std::uint8_t>(n + 1);
        log10 += trie.probability(n + 1, entry);
      } else if (context != none) {
        log10 += trie.backoff(n, context);
      }
    }
    if (n + 1 < highest && (entry != none || next.length_ != 0)) {
      next.entries_[n] = entry;
      if (next.length_ == 0) next.length_ = static_cast<std::uint8_t>(n + 1);
    }
  }
  if (result.length == 0) {
    log10 += trie.probability(1, word);
    result.length = word == impl_->unknown ? 0 : 1;
  }
  if (highest > 1) {
    next.entries_[0] = word;
    if (next.length_ == 0) next.length_ = 1;
  }
  result.log_probability = natural(log10);
  return result;
}

void NGram::log_probabilities(const NGramState& state, std::span<float> out) const {
  const ngram::Trie& trie = impl_->trie;
  if (out.size() != vocabulary()) {
    fail(Status::invalid_argument,
         fmt::format("log_probabilities: room for {} values, the vocabulary has {}", out.size(), vocabulary()));
  }
  impl_->check(state.entries_, state.length_);
  // passed[n]: the back-offs of the contexts over n words, which all words take that only n words know.
  std::array<double, NGramState::most_words + 1> passed{};
  for (std::size_t n = state.length_; n >= 1; --n) {
    const std::uint32_t context = state.entries_[n - 1];
    passed[n - 1] = passed[n] + (context == none ? 0 : trie.backoff(n, context));
  }
  for (std::uint32_t id = 0; id < out.size(); ++id) out[id] = natural(trie.probability(1, id) + passed[0]);
  for (std::size_t n = 1; n <= state.length_; ++n) {
    if (state.entries_[n - 1] == none) continue;
    const auto [begin, end] = trie.extensions(n, state.entries_[n - 1]);
    for (std::uint32_t entry = begin; entry < end; ++entry) {
      out[trie.word(n + 1, entry)] = natural(trie.probability(n + 1, entry) + passed[n]);
    }
  }
  if (impl_->bos != none) out[impl_->bos] = static_cast<float>(impossible);
}

NGramScore NGram::score(std::string_view text, const NGramScoreOptions& options) const {
  NGramScore score;
  score.ids = encode(text);
  if (options.end && impl_->eos != none) score.ids.push_back(static_cast<Token>(impl_->eos));
  NGramState state = options.begin ? start() : NGramState{};
  for (const Token id : score.ids) {
    const NGramStep step = this->step(state, id);
    score.nll.push_back(-step.log_probability);
    score.lengths.push_back(step.length);
    state = step.state;
  }
  return score;
}

double NGramScore::sum() const noexcept {
  double sum = 0;
  for (const float value : nll) sum -= double{value};
  return sum;
}

double NGramScore::perplexity() const noexcept {
  return nll.empty() ? 1.0 : std::exp(-sum() / static_cast<double>(nll.size()));
}

}  // namespace ondol
