#include "text/models/unigram.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fail.hpp"
#include "text/characters.hpp"

namespace ondol::text {
namespace {

constexpr double unknown_penalty = 10;  // below the least likely token (sentencepiece)

Trie trie_of(const Vocabulary& vocabulary, std::size_t tokens) {
  std::vector<Trie::Entry> entries;
  for (std::size_t i = 0; i < tokens; ++i) {
    const TokenType type = vocabulary.type(Token(i));
    if (type == TokenType::control || type == TokenType::unused) continue;
    entries.push_back({vocabulary.text(Token(i)), std::int32_t(i)});
  }
  return Trie(std::move(entries));
}

}  // namespace

Unigram::Unigram(const Vocabulary& vocabulary, std::vector<double> scores, Token unknown, std::vector<Token> bytes)
    : scores_(std::move(scores)),
      trie_(trie_of(vocabulary, scores_.size())),
      unknown_(unknown),
      bytes_(std::move(bytes)),
      unknown_score_((scores_.empty() ? 0 : *std::min_element(scores_.begin(), scores_.end())) - unknown_penalty) {}

void Unigram::encode(std::string_view piece, TokenList& out) const {
  struct Best {
    double score = 0;
    Token token = -1;
    std::uint32_t size = 0;  // 0: no token ends here
  };
  std::vector<Best> best(piece.size() + 1);
  const auto offer = [&](std::size_t begin, std::size_t size, Token token, double score) {
    Best& b = best[begin + size];
    if (b.size == 0 || score + best[begin].score > b.score) b = {score + best[begin].score, token, std::uint32_t(size)};
  };
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t size = next_character(piece.substr(at)).size;
    bool single = false;
    trie_.prefixes(piece.substr(at), [&](std::size_t length, std::int32_t token) {
      offer(at, length, token, scores_[std::size_t(token)]);
      single = single || length == size;
    });
    if (!single) {
      if (unknown_ < 0) {
        fail(Status::unsupported,
             fmt::format("'{}' has no token, and the vocabulary no unknown token", piece.substr(at, size)));
      }
      offer(at, size, unknown_, unknown_score_);
    }
    at += size;
  }
  std::vector<std::size_t> ends;
  for (std::size_t end = piece.size(); end > 0; end -= best[end].size) ends.push_back(end);
  std::size_t begin = 0;
  for (std::size_t i = ends.size(); i-- > 0;) {
    const Token token = best[ends[i]].token;
    if (token == unknown_ && i > 0 && best[ends[i - 1]].token == unknown_) continue;
    token == unknown_ ? put_unknown(piece, begin, ends[i], out) : out.put(token, begin, ends[i]);
    begin = ends[i];
  }
}

void Unigram::put_unknown(std::string_view piece, std::size_t begin, std::size_t end, TokenList& out) const {
  const std::string_view text = piece.substr(begin, end - begin);
  const auto byte = [&](char c) { return bytes_[static_cast<unsigned char>(c)]; };
  if (bytes_.empty() || !std::all_of(text.begin(), text.end(), [&](char c) { return byte(c) >= 0; })) {
    if (out.tracked()) out.surfaces.push_back({out.ids.size(), std::string(text)});
    return out.put(unknown_, begin, end);
  }
  for (const char c : text) out.put(byte(c), begin, end);
}

}  // namespace ondol::text
