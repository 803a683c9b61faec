#include "ngram/counts.hpp"

#include <algorithm>
#include <utility>

#include "base/fail.hpp"

namespace ondol::ngram {
namespace {

constexpr const char* what = "counting n-grams";

using Ids = Array<std::uint32_t>;

/// Turns counts[i + 1] into where bucket i begins.
void sum_up(Ids& counts) {
  for (std::size_t i = 1; i < counts.size(); ++i) counts[i] += counts[i - 1];
}

/// Places of the text in the order of the words that stand there.
Ids places_by_word(std::span<const std::uint32_t> text, std::uint32_t vocabulary, const Account& account) {
  Ids begins(account, std::uint64_t{vocabulary} + 1, what);
  for (const std::uint32_t word : text) ++begins[word + 1];
  sum_up(begins);
  Ids places(account, text.size(), what);
  for (std::uint32_t p = 0; p < text.size(); ++p) places[begins[text[p]]++] = p;
  return places;
}

Counts unigrams(std::span<const std::uint32_t> text, std::uint32_t vocabulary, const Account& account) {
  Counts result;
  result.counts = Ids(account, vocabulary, what);
  for (const std::uint32_t word : text) ++result.counts[word];
  result.begin_first = begin_id;
  result.begin_last = begin_id + 1;
  return result;
}

/// The n-grams of one order after another, by two counting sorts: places sorted by the n-th word, which one sort does
/// for all orders, then without changing their order by the place's (n - 1)-gram. Equal n-grams then stand together.
class Counter {
 public:
  Counter(std::span<const std::uint32_t> text, std::uint32_t vocabulary, const Account& account)
      : text_(text),
        account_(account),
        by_word_(places_by_word(text, vocabulary, account)),
        grams_(account, text.size(), what),
        next_grams_(account, text.size(), what) {
    std::ranges::copy(text, grams_.begin());
  }

  Counts next(std::size_t order, const Counts& lower) {
    const auto last = static_cast<std::uint32_t>(order - 1);  // of an n-gram's words
    Ids begins(account_, std::uint64_t{lower.size()} + 1, what);
    const auto has_gram = [&](std::uint32_t p) {
      return p + last < text_.size() && grams_[p] != none && text_[p + last - 1] != end_id;
    };
    for (std::uint32_t p = 0; p < text_.size(); ++p) {
      if (has_gram(p)) ++begins[grams_[p] + 1];
    }
    sum_up(begins);
    Ids places(account_, begins.back(), what);
    for (const std::uint32_t at : by_word_) {
      if (at >= last && has_gram(at - last)) places[begins[grams_[at - last]]++] = at - last;
    }
    return collect(places, last, lower);
  }

 private:
  Counts collect(const Ids& places, std::uint32_t last, const Counts& lower) {
    const auto is_new = [&](std::size_t i) {
      return i == 0 || grams_[places[i]] != grams_[places[i - 1]] ||
             text_[places[i] + last] != text_[places[i - 1] + last];
    };
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < places.size(); ++i) size += is_new(i) ? 1 : 0;
    Counts result;
    for (Ids* ids : {&result.contexts, &result.words, &result.counts, &result.suffixes})
      *ids = Ids(account_, size, what);
    std::fill(next_grams_.begin(), next_grams_.end(), none);
    std::uint32_t gram = none;
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::uint32_t p = places[i];
      if (is_new(i)) {
        ++gram;
        result.contexts[gram] = grams_[p];
        result.words[gram] = text_[p + last];
        result.suffixes[gram] = grams_[p + 1];
      }
      ++result.counts[gram];
      next_grams_[p] = gram;
    }
    std::swap(grams_, next_grams_);
    const auto first_of = [&](std::uint32_t context) {
      return static_cast<std::uint32_t>(std::ranges::lower_bound(result.contexts, context) - result.contexts.begin());
    };
    result.begin_first = first_of(lower.begin_first);
    result.begin_last = first_of(lower.begin_last);
    return result;
  }

  std::span<const std::uint32_t> text_;
  const Account& account_;
  Ids by_word_;
  Ids grams_;       ///< of each place the (n - 1)-gram that begins there, `none` where the sentence is too short
  Ids next_grams_;  ///< the same for n, while it is found out
};

}  // namespace

std::vector<Counts> count_ngrams(std::span<const std::uint32_t> text, std::uint32_t vocabulary, std::size_t order,
                                 const Account& account, const std::stop_token& stop) {
  std::vector<Counts> result;
  result.push_back(unigrams(text, vocabulary, account));
  if (order == 1) return result;
  Counter counter(text, vocabulary, account);
  while (result.size() < order) {
    if (stop.stop_requested()) fail(Status::cancelled, "counting n-grams cancelled");
    result.push_back(counter.next(result.size() + 1, result.back()));
  }
  return result;
}

}  // namespace ondol::ngram
