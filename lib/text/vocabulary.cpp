#include "text/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "base/fail.hpp"
#include "text/hash.hpp"

namespace ondol::text {

Vocabulary::Vocabulary(std::span<const std::string_view> tokens, std::vector<TokenType> types)
    : types_(std::move(types)) {
  if (tokens.empty()) fail(Status::bad_file, "the vocabulary has no tokens");
  if (tokens.size() > std::size_t(std::numeric_limits<Token>::max())) {
    fail(Status::bad_file, fmt::format("the vocabulary has {} tokens; at most 2^31 - 1 are possible", tokens.size()));
  }
  std::size_t bytes = 0;
  for (const std::string_view token : tokens) bytes += token.size();
  if (bytes > std::numeric_limits<std::uint32_t>::max()) {
    fail(Status::bad_file, fmt::format("the vocabulary has {} bytes of text; at most 2^32 - 1 are possible", bytes));
  }
  texts_.reserve(bytes);
  offsets_.reserve(tokens.size() + 1);
  offsets_.push_back(0);
  slots_.assign(std::bit_ceil(2 * tokens.size()), -1);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view token = tokens[id];
    texts_ += token;
    offsets_.push_back(std::uint32_t(texts_.size()));
    if (token.size() > longest_) longest_ = token.size();
    std::size_t slot = hash(token) & mask;
    while (slots_[slot] >= 0 && text(slots_[slot]) != token) slot = (slot + 1) & mask;
    if (slots_[slot] < 0) slots_[slot] = Token(id);  // a repeated spelling keeps its lowest id
  }
}

Token Vocabulary::find(std::string_view wanted) const noexcept {
  if (wanted.size() > longest_) return -1;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash(wanted) & mask; slots_[slot] >= 0; slot = (slot + 1) & mask) {
    if (text(slots_[slot]) == wanted) return slots_[slot];
  }
  return -1;
}

std::string_view Vocabulary::decoded(Token id) const noexcept {
  const auto at = std::lower_bound(decoded_.begin(), decoded_.end(), id,
                                   [](const auto& entry, Token wanted) { return entry.first < wanted; });
  return at != decoded_.end() && at->first == id ? std::string_view(at->second) : text(id);
}

void Vocabulary::find_all(std::span<const std::string_view> texts, std::span<Token> ids) const {
  constexpr std::size_t block = 32;
  const std::size_t mask = slots_.size() - 1;
  std::size_t slots[block];
  for (std::size_t done = 0; done < texts.size(); done += block) {
    const std::size_t n = std::min(block, texts.size() - done);
    for (std::size_t i = 0; i < n; ++i) {
      slots[i] = hash(texts[done + i]) & mask;
      __builtin_prefetch(&slots_[slots[i]]);
    }
    for (std::size_t i = 0; i < n; ++i) __builtin_prefetch(&offsets_[std::size_t(std::max(slots_[slots[i]], 0))]);
    for (std::size_t i = 0; i < n; ++i) {
      __builtin_prefetch(&texts_[offsets_[std::size_t(std::max(slots_[slots[i]], 0))]]);
    }
    for (std::size_t i = 0; i < n; ++i) {
      std::size_t slot = slots[i];
      while (slots_[slot] >= 0 && text(slots_[slot]) != texts[done + i]) slot = (slot + 1) & mask;
      ids[done + i] = slots_[slot];
    }
  }
}

std::vector<Token> Vocabulary::byte_tokens() const {
  std::vector<Token> bytes(256, -1);
  for (std::size_t id = size(); id-- > 0;) {
    if (types_[id] != TokenType::byte) continue;
    if (const auto byte = byte_of(text(Token(id)))) bytes[*byte] = Token(id);
  }
  return bytes;
}

std::optional<unsigned char> byte_of(std::string_view text) noexcept {
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(3, 2)) {
    if (c >= '0' && c <= '9')
      value = value * 16 + unsigned(c - '0');
    else if (c >= 'A' && c <= 'F')
      value = value * 16 + unsigned(c - 'A' + 10);
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + unsigned(c - 'a' + 10);
    else
      return std::nullopt;
  }
  return static_cast<unsigned char>(value);
}

}  // namespace ondol::text
