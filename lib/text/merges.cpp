#include "text/merges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
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

}  // namespace

Merges::Merges(const Vocabulary& vocabulary, std::span<const std::string_view> rules) {
  if (rules.size() >= std::numeric_limits<std::uint32_t>::max()) fail(Status::bad_file, "over 2^32 - 2 merges");
  slots_.resize(std::bit_ceil(2 * rules.size() + 2));
  const std::size_t mask = slots_.size() - 1;
  std::string joined;
  for (std::size_t rank = 0; rank < rules.size(); ++rank) {
    const std::string_view rule = rules[rank];
    const std::size_t blank = rule.find(' ', 1);
    if (blank == rule.npos) fail(Status::bad_file, fmt::format("merge {} is '{}': two parts expected", rank, rule));
    const std::string_view parts[2] = {rule.substr(0, blank), rule.substr(blank + 1)};
    joined.assign(parts[0]).append(parts[1]);
    const Token left = vocabulary.find(parts[0]), right = vocabulary.find(parts[1]), merged = vocabulary.find(joined);
    if (left < 0 || right < 0 || merged < 0) {
      fail(Status::bad_file, fmt::format("merge {} is '{}': '{}' is not in the vocabulary", rank, rule,
                                         left < 0    ? parts[0]
                                         : right < 0 ? parts[1]
                                                     : std::string_view(joined)));
    }
    const std::uint64_t pair = key(left, right);
    std::size_t slot = mix(pair) & mask;
    while (slots_[slot].pair != none && slots_[slot].pair != pair) slot = (slot + 1) & mask;
    if (slots_[slot].pair == none) slots_[slot] = {pair, std::uint64_t(rank) << 32 | std::uint32_t(merged)};
  }
}

std::uint64_t Merges::find(Token left, Token right) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  const std::uint64_t pair = key(left, right);
  for (std::size_t slot = mix(pair) & mask; slots_[slot].pair != none; slot = (slot + 1) & mask) {
    if (slots_[slot].pair == pair) return slots_[slot].merge;
  }
  return none;
}

void Merges::apply(std::span<Token> symbols, std::vector<Token>& out) const {
  symbols.size() <= short_word ? apply_short(symbols, out) : apply_long(symbols, out);
}

void Merges::apply_short(std::span<Token> symbols, std::vector<Token>& out) const {
  std::uint64_t merge[short_word];  // of symbols i and i + 1
  std::size_t n = symbols.size();
  for (std::size_t i = 0; i + 1 < n; ++i) merge[i] = find(symbols[i], symbols[i + 1]);
  while (n > 1) {
    const std::size_t best = std::size_t(std::min_element(merge, merge + n - 1) - merge);
    if (merge[best] == none) break;
    symbols[best] = Token(std::uint32_t(merge[best]));
    std::copy(symbols.begin() + best + 2, symbols.begin() + n, symbols.begin() + best + 1);
    std::copy(merge + best + 1, merge + n - 1, merge + best);
    --n;
    if (best > 0) merge[best - 1] = find(symbols[best - 1], symbols[best]);
    if (best + 1 < n) merge[best] = find(symbols[best], symbols[best + 1]);
  }
  out.insert(out.end(), symbols.begin(), symbols.begin() + n);
}

void Merges::apply_long(std::span<Token> symbols, std::vector<Token>& out) const {
  constexpr std::uint32_t end = std::numeric_limits<std::uint32_t>::max();
  struct Node {
    std::uint64_t merge;  // with the next symbol
    std::uint32_t previous, next;
  };
  if (symbols.size() >= end) fail(Status::unsupported, "a word of 2^32 - 1 symbols or more");
  const std::uint32_t n = std::uint32_t(symbols.size());
  std::vector<Node> nodes(n);
  std::vector<std::uint64_t> heap;  // rank in the upper 32 bits, position in the lower
  for (std::uint32_t i = 0; i < n; ++i) {
    nodes[i] = {i + 1 < n ? find(symbols[i], symbols[i + 1]) : none, i == 0 ? end : i - 1, i + 1 < n ? i + 1 : end};
    if (nodes[i].merge != none) heap.push_back((nodes[i].merge >> 32) << 32 | i);
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  const auto look = [&](std::uint32_t i) {
    Node& node = nodes[i];
    node.merge = node.next == end ? none : find(symbols[i], symbols[node.next]);
    if (node.merge == none) return;
    heap.push_back((node.merge >> 32) << 32 | i);
    std::push_heap(heap.begin(), heap.end(), std::greater<>());
  };
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const std::uint64_t top = heap.back();
    heap.pop_back();
    const std::uint32_t i = std::uint32_t(top);
    Node& node = nodes[i];
    if (node.merge == none || node.merge >> 32 != top >> 32) continue;  // its symbols have changed since
    symbols[i] = Token(std::uint32_t(node.merge));
    Node& gone = nodes[node.next];
    gone.merge = none;
    node.next = gone.next;
    if (node.next != end) nodes[node.next].previous = i;
    look(i);
    if (node.previous != end) look(node.previous);
  }
  for (std::uint32_t i = 0; i != end; i = nodes[i].next) out.push_back(symbols[i]);
}

}  // namespace ondol::text
