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
  const unsigned word_bits = bits_for((levels_.empty() ? level.size : levels_.front().size) - 1u);
  if (levels_.empty()) {
    key_mask_ = static_cast<std::uint32_t>((std::uint64_t{1} << word_bits) - 1);
  } else {
    level.word.bits = word_bits;
  }
  level.probability = {.shift = level.word.bits, .bits = level.probabilities.bits()};
  level.backoff = {.shift = level.probability.shift + level.probability.bits, .bits = level.backoffs.bits()};
  level.rows = PackedRows(account_, entries.size(), level.backoff.shift + level.backoff.bits, what);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!levels_.empty()) level.rows.set(i, level.word, key_of(entries[i].word));
    level.rows.set(i, level.probability, level.probabilities.encode(entries[i].probability));
    if (contexts) level.rows.set(i, level.backoff, level.backoffs.encode(entries[i].backoff));
  }
  if (!levels_.empty()) set_extensions(entries);
  levels_.push_back(std::move(level));
}

void Trie::set_extensions(std::span<const Entry> extensions) {
  Level& level = levels_.back();
  Array<std::uint32_t> begins(account_, std::uint64_t{level.size} + 1, what);
  for (const Entry& entry : extensions) ++begins[entry.context + 1];
  for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  level.firsts = Array<std::uint32_t>(account_, begins.size() / block + 1, what);
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    if (i % block == 0) level.firsts[i / block] = begins[i];
    most = std::max(most, begins[i] - level.firsts[i / block]);
  }
  // Beside the n-gram, which whoever asks for its extensions has just found.
  const unsigned width = level.backoff.shift + level.backoff.bits;
  level.extensions = {.shift = width, .bits = bits_for(most)};
  PackedRows rows(account_, begins.size(), width + level.extensions.bits, what);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    if (i < level.size) {
      for (const Field field : {level.word, level.probability, level.backoff}) {
        rows.set(i, field, level.rows.get(i, field));
      }
    }
    rows.set(i, level.extensions, begins[i] - level.firsts[i / block]);
  }
  level.rows = std::move(rows);
}

std::uint64_t Trie::bytes() const noexcept {
  std::uint64_t sum = 0;
  for (const Level& level : levels_) {
    sum += level.rows.bytes() + level.probabilities.bytes() + level.backoffs.bytes() + level.firsts.bytes();
  }
  return sum;
}

std::uint32_t Trie::context(std::size_t order, std::uint32_t entry) const noexcept {
  const Level& level = levels_[order - 2];
  std::uint32_t low = 0;
  for (std::uint32_t high = level.size; high - low > 1;) {  // extensions_of(low) <= entry < extensions_of(high)
    const std::uint32_t middle = low + (high - low) / 2;
    (level.extensions_of(middle) <= entry ? low : high) = middle;
  }
  return low;
}

}  // namespace ondol::ngram
