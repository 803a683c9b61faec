#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"
#include "ngram/arpa_reader.hpp"
#include "ngram/arpa_writer.hpp"
#include "ngram/counts.hpp"
#include "ngram/lines.hpp"
#include "ngram/parts.hpp"
#include "ngram/smoothing.hpp"
#include "ngram/units.hpp"
#include "ondol/ngram_trainer.hpp"
#include "runtime/state.hpp"

namespace ondol {

using namespace ngram;

namespace {

/// Most bytes of a line of text: more is no line but a file of another kind.
constexpr std::size_t longest_text_line = 1u << 28;
/// Lines between looks at the stop token and reports of progress.
constexpr std::uint64_t lines_at_a_time = 1u << 10;

void check(const NGramTrainOptions& options) {
  const auto refuse = [](const std::string& message) { fail(Status::invalid_argument, message); };
  if (options.order < 1 || options.order > most_orders) {
    refuse(fmt::format("order is {}, expected 1 .. {}", options.order, most_orders));
  }
  if (!(options.added > 0) || std::isinf(options.added)) {
    refuse(fmt::format("added is {}, expected a number over 0", options.added));
  }
  if (options.discount_fallback) {
    for (std::size_t i = 0; i < 3; ++i) {
      const double value = (*options.discount_fallback)[i];
      if (!(value >= 0 && value <= double(i + 1))) {
        refuse(fmt::format("discount_fallback: {} of n-grams seen {} times, expected 0 .. {}", value, i + 1, i + 1));
      }
    }
  }
  const auto& prune = options.prune;
  if (prune.empty()) return;
  if (options.smoothing != NGramSmoothing::kneser_ney) refuse("prune goes with Kneser-Ney smoothing only");
  if (prune[0] != 0) refuse(fmt::format("prune begins with {}, but unigrams stay: expected 0", prune[0]));
  if (prune.size() > options.order) {
    refuse(fmt::format("prune has {} values, the order is {}", prune.size(), options.order));
  }
  if (!std::is_sorted(prune.begin(), prune.end())) refuse("prune: a value is lower than the one before");
}

/// Text as word ids, each sentence between <s> and </s>.
struct Corpus {
  explicit Corpus(const Account& account) : words(account), ids(account, "training text") {
    for (const std::string_view special : {unknown_word, begin_word, end_word}) words.add(special);
  }
  Words words;
  GrowingArray<std::uint32_t> ids;
  std::uint64_t sentences = 0;
};

bool is_special(std::string_view word) { return word == unknown_word || word == begin_word || word == end_word; }

void check_stop(const std::stop_token& stop) {
  if (stop.stop_requested()) fail(Status::cancelled, "reading the training text cancelled");
}

}  // namespace

struct NGramEstimate::Impl {
  Account account;
  NGramUnit unit;
  Words words;
  Estimates estimates;
};

std::vector<std::size_t> NGramEstimate::counts() const {
  std::vector<std::size_t> counts;
  for (const auto& entries : impl_->estimates.orders) counts.push_back(entries.size());
  return counts;
}

const std::vector<NGramEstimate::Discounts>& NGramEstimate::discounts() const noexcept {
  return impl_->estimates.discounts;
}

void NGramEstimate::write(std::string_view path) const {
  write_arpa(path, impl_->words, impl_->estimates.orders, impl_->unit);
}

NGram NGramEstimate::model() const {
  auto model = std::make_shared<NGram::Impl>(impl_->account);
  model->unit = impl_->unit;
  model->bos = begin_id;
  model->eos = end_id;
  model->unknown = unknown_id;
  for (std::uint32_t id = 0; id < impl_->words.size(); ++id) model->words.add(impl_->words[id]);
  model->words.shrink();
  const auto& orders = impl_->estimates.orders;
  Array<std::uint32_t> places;  // in the trie, of the order below, whose own order is by id
  for (std::size_t n = 1; n <= orders.size(); ++n) {
    Array<Entry> entries(impl_->account, orders[n - 1].size(), "n-gram model");
    std::ranges::copy(orders[n - 1], entries.begin());
    if (n > 1) {
      if (n > 2) {
        for (Entry& entry : entries) entry.context = places[entry.context];
      }
      std::sort(entries.begin(), entries.end(),
                [&](const Entry& a, const Entry& b) { return model->trie.before(a, b); });
      places = Array<std::uint32_t>(impl_->account, entries.size(), "n-gram model");
      for (std::uint32_t i = 0; i < entries.size(); ++i) places[entries[i].place] = i;
    }
    model->trie.add_order({entries.begin(), entries.size()}, n < orders.size());
  }
  return NGram(std::move(model));
}

struct NGramTrainer::Impl {
  explicit Impl(NGramTrainOptions given)
      : options(std::move(given)), account(options.runtime.state()->memory), corpus(account) {}

  /// @param where  the line, for messages.
  template <class Where>
  void add_line(std::string_view line, Where where) {
    split(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line, options.unit, views);
    if (options.unit == NGramUnit::words) check_words(where);
    if (views.empty()) return;
    ids.clear();
    ids.push_back(begin_id);
    for (const std::string_view word : views) ids.push_back(corpus.words.add(word).id);
    ids.push_back(end_id);
    if (ids.size() >= none - corpus.ids.size()) {
      fail(Status::unsupported, fmt::format("{}: more than 2^32 words of text", where()));
    }
    corpus.ids.append(ids);
    ++corpus.sentences;
  }

  template <class Where>
  void check_words(Where where) {
    if (options.skip_special) std::erase_if(views, is_special);
    for (const std::string_view word : views) {
      if (is_special(word)) {
        fail(Status::invalid_argument,
             fmt::format("{}: \"{}\" in the text; skip_special leaves it out", where(), word));
      }
      if (word.size() > longest_word) {
        fail(Status::invalid_argument,
             fmt::format("{}: a word of {} bytes, at most {}", where(), word.size(), longest_word));
      }
    }
  }

  NGramTrainOptions options;
  Account account;
  Corpus corpus;
  std::vector<std::string_view> views;  ///< of a line
  std::vector<std::uint32_t> ids;
};

NGramTrainer::NGramTrainer(NGramTrainOptions options) {
  check(options);
  impl_ = std::make_unique<Impl>(std::move(options));
}

NGramTrainer::NGramTrainer(NGramTrainer&&) noexcept = default;
NGramTrainer& NGramTrainer::operator=(NGramTrainer&&) noexcept = default;
NGramTrainer::~NGramTrainer() = default;

void NGramTrainer::add(std::string_view text, const std::stop_token& stop) {
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    if (number % lines_at_a_time == 0) check_stop(stop);
    const std::size_t end = std::min(text.find('\n'), text.size());
    impl_->add_line(text.substr(0, end), [&] { return fmt::format("text, line {}", number); });
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void NGramTrainer::add_file(std::string_view path, const std::stop_token& stop, Progress* progress) {
  Lines lines(path, longest_text_line);
  for (std::string_view line; lines.next(line);) {
    if (lines.number() % lines_at_a_time == 0) {
      check_stop(stop);
      if (progress) {
        progress->total = lines.size();
        progress->done = lines.position();
      }
    }
    impl_->add_line(line, [&] { return fmt::format("{}: line {}", lines.path(), lines.number()); });
  }
}

std::uint64_t NGramTrainer::sentences() const noexcept { return impl_->corpus.sentences; }
std::uint64_t NGramTrainer::words() const noexcept { return impl_->corpus.ids.size() - 2 * impl_->corpus.sentences; }

NGramEstimate NGramTrainer::estimate(const std::stop_token& stop) {
  const NGramTrainOptions& options = impl_->options;
  if (impl_->corpus.sentences == 0) fail(Status::invalid_argument, "the training text has no words");
  Corpus text = std::exchange(impl_->corpus, Corpus(impl_->account));
  const std::vector<Counts> counts =
      count_ngrams({text.ids.begin(), text.ids.size()}, text.words.size(), options.order, impl_->account, stop);
  text.ids = GrowingArray<std::uint32_t>(impl_->account, "training text");
  Estimates estimates =
      options.smoothing == NGramSmoothing::kneser_ney
          ? kneser_ney(counts, options, impl_->account, stop)
          : relative_frequencies(counts, options.smoothing == NGramSmoothing::additive ? options.added : 0,
                                 impl_->account);
  return NGramEstimate(std::make_shared<NGramEstimate::Impl>(
      NGramEstimate::Impl{impl_->account, options.unit, std::move(text.words), std::move(estimates)}));
}

}  // namespace ondol
