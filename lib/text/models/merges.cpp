#include "text/models/merges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

#include "base/fail.hpp"
#include "text/hash.hpp"

namespace ondol::text {
namespace {

/// Up to this many symbols the plain loop is faster than a heap.
constexpr std::size_t short_word = 64;

std::uint64_t key(Token left, Token right) noexcept {
  return std::uint64_t(std::uint32_t(left)) << 32 | std::uint32_t(right);
}

/// Candidates for merging, lowest first: rank in the upper 32 bits, position in the lower. A heap beside a sorted part:
/// what is known at the start, and each generation that follows it, is taken in order without a heap's cost.
class Queue {
 public:
  void push(std::uint64_t candidate) {
    later_.push_back(candidate);
    std::push_heap(later_.begin(), later_.end(), std::greater<>());
  }
  bool pop(std::uint64_t& candidate) {
    if (next_ == sorted_.size()) {
      std::swap(sorted_, later_);
      later_.clear();
      next_ = 0;
      if (!std::is_sorted(sorted_.begin(), sorted_.end())) std::sort(sorted_.begin(), sorted_.end());
    }
    if (next_ == sorted_.size()) return false;
    if (later_.empty() || sorted_[next_] < later_.front()) {
      candidate = sorted_[next_++];
    } else {
      std::pop_heap(later_.begin(), later_.end(), std::greater<>());
      candidate = later_.back();
      later_.pop_back();
    }
    return true;
  }

 private:
  std::vector<std::uint64_t> sorted_, later_;
  std::size_t next_ = 0;
};

}  // namespace

std::vector<Merges::Text> split_rules(std::span<const std::string_view> rules) {
  std::vector<Merges::Text> texts;
  texts.reserve(rules.size());
  for (const std::string_view rule : rules) {
    const std::size_t blank = rule.find(' ', 1);
    if (blank == rule.npos) {
      fail(Status::bad_file, fmt::format("merge {} is '{}': two parts expected", texts.size(), rule));
    }
    texts.push_back({rule.substr(0, blank), rule.substr(blank + 1)});
  }
  return texts;
}

Merges::Merges(const Vocabulary& vocabulary, std::span<const Text> rules, std::size_t prefix) {
  if (rules.size() >= std::numeric_limits<std::uint32_t>::max()) fail(Status::bad_file, "over 2^32 - 2 merges");
  reserve(rules.size());
  const std::size_t mask = slots_.size() - 1;
  constexpr std::size_t block = 64;
  std::string joined;
  for (std::size_t done = 0; done < rules.size(); done += block) {
    const std::size_t n = std::min(block, rules.size() - done);
    std::string_view texts[3 * block];  // left, right and joined of each rule
    Token ids[3 * block];
    std::size_t ends[block];
    joined.clear();
    for (std::size_t i = 0; i < n; ++i) {
      const Text& rule = rules[done + i];
      texts[3 * i] = rule.left;
      texts[3 * i + 1] = rule.right;
      joined += rule.left;
      joined += rule.right.substr(std::min(prefix, rule.right.size()));
      ends[i] = joined.size();
    }
    for (std::size_t i = 0, at = 0; i < n; at = ends[i], ++i) {
      texts[3 * i + 2] = std::string_view(joined).substr(at, ends[i] - at);
    }
    vocabulary.find_all({texts, 3 * n}, {ids, 3 * n});
    for (std::size_t i = 0; i < n; ++i) __builtin_prefetch(&slots_[mix(key(ids[3 * i], ids[3 * i + 1])) & mask]);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 3 * i; k < 3 * i + 3; ++k) {
        if (ids[k] >= 0) continue;
        fail(Status::bad_file, fmt::format("merge {} is '{} {}': '{}' is not in the vocabulary", done + i, texts[3 * i],
                                           texts[3 * i + 1], texts[k]));
      }
      add({ids[3 * i], ids[3 * i + 1], ids[3 * i + 2], std::uint32_t(done + i)});
    }
  }
}

Merges::Merges(std::span<const Rule> rules) {
  reserve(rules.size());
  for (const Rule& rule : rules) add(rule);
}

/// The first rule of a pair counts (as in llama.cpp).
void Merges::add(const Rule& rule) {
  const std::size_t mask = slots_.size() - 1;
  const std::uint64_t pair = key(rule.left, rule.right);
  std::size_t slot = mix(pair) & mask;
  while (slots_[slot].pair != none && slots_[slot].pair != pair) slot = (slot + 1) & mask;
  if (slots_[slot].pair == none) slots_[slot] = {pair, std::uint64_t(rule.rank) << 32 | std::uint32_t(rule.merged)};
}

std::uint64_t Merges::find(Token left, Token right) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  const std::uint64_t pair = key(left, right);
  for (std::size_t slot = mix(pair) & mask; slots_[slot].pair != none; slot = (slot + 1) & mask) {
    if (slots_[slot].pair == pair) return slots_[slot].merge;
  }
  return none;
}

void Merges::apply(std::span<Token> symbols, std::vector<Token>& out, std::vector<std::uint32_t>* starts) const {
  if (symbols.size() > short_word) return apply_long(symbols, out, starts);
  starts ? apply_short<true>(symbols, out, starts) : apply_short<false>(symbols, out, starts);
}

template <bool with_starts>
void Merges::apply_short(std::span<Token> symbols, std::vector<Token>& out, std::vector<std::uint32_t>* starts) const {
  std::uint64_t merge[short_word];  // of symbols i and i + 1
  std::uint8_t first[short_word];
  std::size_t n = symbols.size();
  if constexpr (with_starts) std::iota(first, first + n, std::uint8_t{0});
  for (std::size_t i = 0; i + 1 < n; ++i) merge[i] = find(symbols[i], symbols[i + 1]);
  while (n > 1) {
    const auto lower = [](std::uint64_t a, std::uint64_t b) { return a >> 32 < b >> 32; };
    const std::size_t best = std::size_t(std::min_element(merge, merge + n - 1, lower) - merge);
    if (merge[best] == none) break;
    symbols[best] = Token(std::uint32_t(merge[best]));
    std::copy(symbols.begin() + best + 2, symbols.begin() + n, symbols.begin() + best + 1);
    if constexpr (with_starts) std::copy(first + best + 2, first + n, first + best + 1);
    std::copy(merge + best + 1, merge + n - 1, merge + best);
    --n;
    if (best > 0) merge[best - 1] = find(symbols[best - 1], symbols[best]);
    if (best + 1 < n) merge[best] = find(symbols[best], symbols[best + 1]);
  }
  out.insert(out.end(), symbols.begin(), symbols.begin() + n);
  if constexpr (with_starts) starts->insert(starts->end(), first, first + n);
}

void Merges::apply_long(std::span<Token> symbols, std::vector<Token>& out, std::vector<std::uint32_t>* starts) const {
  constexpr std::uint32_t end = std::numeric_limits<std::uint32_t>::max();
  struct Node {
    std::uint64_t merge;  // with the next symbol
    std::uint32_t previous, next;
  };
  if (symbols.size() >= end) fail(Status::unsupported, "a word of 2^32 - 1 symbols or more");
  const std::uint32_t n = std::uint32_t(symbols.size());
  std::vector<Node> nodes(n);
  Queue queue;
  const auto look = [&](std::uint32_t i) {
    Node& node = nodes[i];
    node.merge = node.next == end ? none : find(symbols[i], symbols[node.next]);
    if (node.merge != none) queue.push((node.merge >> 32) << 32 | i);
  };
  for (std::uint32_t i = 0; i < n; ++i) nodes[i] = {none, i == 0 ? end : i - 1, i + 1 < n ? i + 1 : end};
  for (std::uint32_t i = 0; i < n; ++i) look(i);
  for (std::uint64_t top = 0; queue.pop(top);) {
    const std::uint32_t i = std::uint32_t(top);
    Node& node = nodes[i];
    if (node.merge == none || node.merge >> 32 != top >> 32) continue;  // its symbols have changed since
    symbols[i] = Token(std::uint32_t(node.merge));
    Node& gone = nodes[node.next];
    gone.merge = none;
    node.next = gone.next;
    if (node.next != end) nodes[node.next].previous = i;
    if (node.previous != end) look(node.previous);
    look(i);
  }
  for (std::uint32_t i = 0; i != end; i = nodes[i].next) {
    out.push_back(symbols[i]);
    if (starts) starts->push_back(i);
  }
}

}  // namespace ondol::text
