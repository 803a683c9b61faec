#include "text/models/plamo2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"
#include "text/characters.hpp"

namespace ondol::text {
namespace {

constexpr double scale = 1e4;
constexpr std::int64_t unusable = -20'000'000;  // scores from here down
constexpr std::int64_t as_bytes = -10'000'000;  // the score of a character that is spelled in bytes

Trie trie_of(const Vocabulary& vocabulary, std::span<const std::int64_t> scores) {
  std::vector<Trie::Entry> entries;
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const TokenType type = vocabulary.type(Token(i));
    const bool piece = type == TokenType::normal || type == TokenType::user_defined || type == TokenType::unused;
    if (piece && scores[i] > unusable) entries.push_back({vocabulary.text(Token(i)), std::int32_t(i)});
  }
  return Trie(std::move(entries));
}

std::vector<std::int64_t> scaled(std::span<const double> scores) {
  std::vector<std::int64_t> out;
  for (const double score : scores) {
    const bool usable = std::isfinite(score) && std::abs(score) * scale < 1e15;
    out.push_back(usable ? std::llround(double(float(score)) * scale) : unusable);
  }
  return out;
}

}  // namespace

Plamo2::Plamo2(const Vocabulary& vocabulary, std::span<const double> scores)
    : scores_(scaled(scores)), tokens_(trie_of(vocabulary, scores_)), bytes_(vocabulary.byte_tokens()) {
  const auto missing = std::find(bytes_.begin(), bytes_.end(), -1);
  if (missing != bytes_.end()) {
    fail(Status::bad_file, fmt::format("the vocabulary has no token <0x{:02X}>", missing - bytes_.begin()));
  }
}

void Plamo2::encode(std::string_view piece, TokenList& out) const {
  struct Best {
    std::int64_t score = 0;
    Token token = -1;  // -1: bytes
    std::uint32_t size = 0;
  };
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < piece.size(); at += next_character(piece.substr(at)).size) starts.push_back(at);
  std::vector<Best> best(piece.size() + 1);  // of the text from here to the end
  for (std::size_t end = piece.size(); !starts.empty(); starts.pop_back()) {
    const std::size_t at = starts.back();
    Best& b = best[at];
    b = {best[end].score + as_bytes, -1, std::uint32_t(end - at)};
    tokens_.prefixes(piece.substr(at), [&](std::size_t length, Token token) {
      const std::int64_t score = best[at + length].score + scores_[std::size_t(token)];
      if (score >= b.score) b = {score, token, std::uint32_t(length)};
    });
    end = at;
  }
  for (std::size_t at = 0; at < piece.size(); at += best[at].size) {
    const Best& b = best[at];
    if (b.token >= 0) {
      out.put(b.token, at, at + b.size);
      continue;
    }
    for (std::size_t i = at; i < at + b.size; ++i) out.put(bytes_[static_cast<unsigned char>(piece[i])], i, i + 1);
  }
}

}  // namespace ondol::text
