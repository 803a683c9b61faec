#include "ngram/trie.hpp"

#include <algorithm>

namespace ondol::ngram {
namespace {

constexpr const char* what = "n-gram trie";

template <class Member>
Values values_of(const Account& account, std::span<const Entry> entries, Member member) {
  Array<float> values(account, entries.size(), what);
  std::ranges::transform(entries, values.begin(), member);
  return {account, values};
}

}  // namespace

void Trie::add_order(std::span<const Entry> entries, bool contexts) {
  Level level;
  level.size = static_cast<std::uint32_t>(entries.size());
  level.probabilities = values_of(account_, entries, &Entry::probability);
  if (contexts) level.backoffs = values_of(account_, entries, &Entry::backoff);
  level.word.bits = levels_.empty() ? 0 : bits_for(levels_.front().size - 1);
  level.probability = {.shift = level.word.bits, .bits = level.probabilities.bits()};
  level.backoff = {.shift = level.probability.shift + level.probability.bits, .bits = level.backoffs.bits()};
  level.rows = PackedRows(account_, entries.size(), level.backoff.shift + level.backoff.bits, what);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!levels_.empty()) level.rows.set(i, level.word, entries[i].word);
    level.rows.set(i, level.probability, level.probabilities.encode(entries[i].probability));
    if (contexts) level.rows.set(i, level.backoff, level.backoffs.encode(entries[i].backoff));
  }
  if (!levels_.empty()) {
    Array<std::uint32_t> begins(account_, std::uint64_t{levels_.back().size} + 1, what);
    for (const Entry& entry : entries) ++begins[entry.context + 1];
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    levels_.back().extensions = AscendingNumbers(account_, begins, what);
  }
  levels_.push_back(std::move(level));
}

std::uint64_t Trie::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const Level& level : levels_) {
    sum += level.rows.bytes() + level.probabilities.bytes() + level.backoffs.bytes() + level.extensions.bytes();
  }
  return sum;
}

std::uint32_t Trie::context(std::size_t order, std::uint32_t entry) const noexcept {
  const AscendingNumbers& begins = levels_[order - 2].extensions;
  std::uint32_t low = 0;
  for (std::uint32_t high = levels_[order - 2].size; high - low > 1;) {  // begins[low] <= entry < begins[high]
    const std::uint32_t middle = low + (high - low) / 2;
    (begins[middle] <= entry ? low : high) = middle;
  }
  return low;
}

}  // namespace ondol::ngram
