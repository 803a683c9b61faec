#include "text/models/sentence_piece.hpp"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "text/models/sentence_piece_proto.hpp"

namespace ondol::text {
namespace {

constexpr std::size_t chunk = 8192;     // bytes given to the library at once, where a cut is possible
constexpr std::size_t long_word = 512;  // from this on our own merging is much faster than the library's

bool is_piece(TokenType type) { return type == TokenType::normal || type == TokenType::unused; }

}  // namespace

struct SentencePieceModel::Library {
  sentencepiece::SentencePieceProcessor processor;
};

SentencePieceModel::SentencePieceModel(const Vocabulary& vocabulary, std::span<const double> scores, Token unknown)
    : vocabulary_(vocabulary),
      library_(std::make_unique<Library>()),
      whole_tokens_(vocabulary.size()),
      scores_(scores.begin(), scores.end()),
      bytes_(vocabulary.byte_tokens()),
      unknown_(unknown) {
  const std::size_t n = vocabulary.size();
  if (scores.size() < n) fail(Status::bad_file, fmt::format("{} scores for {} tokens", scores.size(), n));
  const auto is_there = [](Token id) { return id >= 0; };
  const bool byte_fallback = std::all_of(bytes_.begin(), bytes_.end(), is_there);
  some_bytes_ = !byte_fallback && std::any_of(bytes_.begin(), bytes_.end(), is_there);

  SentencePieceProto model;
  for (std::size_t i = 0; i < n; ++i) {
    const Token id = Token(i);
    const std::string_view text = vocabulary.text(id);
    const TokenType type = vocabulary.type(id);
    if (!std::isfinite(scores[i])) fail(Status::bad_file, fmt::format("the score of token {} is {}", i, scores[i]));
    const auto byte = type == TokenType::byte && byte_fallback ? byte_of(text) : std::nullopt;
    if (id == unknown && !text.empty()) {
      model.add(text, 0, TokenType::unknown);
    } else if (id == unknown) {
      model.add_placeholder(vocabulary, i, TokenType::unknown);
    } else if (byte && bytes_[*byte] == id) {
      model.add(fmt::format("<0x{:02X}>", *byte), 0, TokenType::byte);
    } else if (is_piece(type) && !text.empty() && vocabulary.find(text) == id && utf8_valid(text)) {
      model.add(text, float(scores[i]), type);
      for (std::size_t at = 0, last = 0; at < text.size(); at += utf8_length(text.substr(at))) {
        if (at > 0) pairs_.add(first_character(text.substr(last)), first_character(text.substr(at)));
        last = at;
      }
    } else {
      model.add_placeholder(vocabulary, i, TokenType::control);
    }
  }
  if (unknown < 0) model.add_placeholder(vocabulary, n, TokenType::unknown);
  pairs_.build();

  const auto status = library_->processor.LoadFromSerializedProto(model.finish({.byte_fallback = byte_fallback}));
  if (!status.ok()) fail(Status::internal, fmt::format("sentencepiece refuses the vocabulary: {}", status.message()));
}

SentencePieceModel::~SentencePieceModel() = default;

/// The same merging for words of any length, or nothing where the library's rules go beyond it: pieces marked unused,
/// and pieces with a character that is none.
const Bpe* SentencePieceModel::long_words() const {
  std::call_once(long_words_once_, [&] {
    std::vector<float> order = scores_;
    std::sort(order.begin(), order.end(), std::greater<>());
    std::vector<Merges::Rule> rules;
    for (std::size_t i = 0; i < vocabulary_.size(); ++i) {
      const Token id = Token(i);
      const std::string_view text = vocabulary_.text(id);
      if (vocabulary_.type(id) == TokenType::unused) return;
      if (vocabulary_.type(id) != TokenType::normal || vocabulary_.find(text) != id || !utf8_valid(text)) continue;
      const auto rank = std::lower_bound(order.begin(), order.end(), scores_[i], std::greater<>()) - order.begin();
      for (std::size_t at = 0, n = 0; at < text.size(); at += n) {
        n = utf8_length(text.substr(at));
        const Token character = vocabulary_.find(text.substr(at, n));
        if (character < 0 || vocabulary_.type(character) != TokenType::normal) return;
        if (at == 0) continue;
        const Token left = vocabulary_.find(text.substr(0, at)), right = vocabulary_.find(text.substr(at));
        if (left < 0 || right < 0 || vocabulary_.type(left) != TokenType::normal ||
            vocabulary_.type(right) != TokenType::normal) {
          continue;
        }
        rules.push_back({left, right, id, std::uint32_t(rank)});
      }
    }
    BpeOptions options{.unknown = unknown_, .fuse_unknown = true, .bytes = bytes_};
    long_words_ = std::make_unique<Bpe>(vocabulary_, Merges(rules), pairs_, std::move(options));
  });
  return long_words_.get();
}

/// The unknown token stands for a run of such text. `start`: tokens before it are another piece's.
void SentencePieceModel::put_unknown(std::size_t begin, std::size_t end, std::size_t start, TokenList& out) const {
  if (unknown_ < 0) return;
  if (out.ids.size() == start || out.ids.back() != unknown_) return out.put(unknown_, begin, end);
  if (out.tracked()) out.spans.back().end = std::uint32_t(end);
}

void SentencePieceModel::encode(std::string_view text, TokenList& out) const {
  const std::size_t start = out.ids.size();
  std::size_t waiting = 0;  // [waiting, at) is for the library
  std::size_t at = 0;
  const auto flush = [&] {
    if (at > waiting) run(text.substr(waiting, at - waiting), waiting, start, out);
    waiting = at;
  };
  while (at < text.size()) {
    // A word: up to the next place where the text may be cut.
    std::size_t end = at;
    char32_t last = 0;
    while (const std::size_t n = utf8_length(text.substr(end))) {
      const char32_t code = utf8_decode(text.substr(end), n);
      if (end > at && !pairs_.contains(last, code)) break;
      last = code;
      end += n;
    }
    if (end == at) {
      flush();
      const Token byte = bytes_[static_cast<unsigned char>(text[at])];
      byte >= 0 ? out.put(byte, at, at + 1) : put_unknown(at, at + 1, start, out);
      waiting = ++at;
      continue;
    }
    const std::string_view word = text.substr(at, end - at);
    if (word.size() >= long_word && long_words() != nullptr) {
      flush();
      const std::size_t before = out.spans.size();
      long_words()->encode(word, out);
      for (std::size_t i = before; i < out.spans.size(); ++i) {
        out.spans[i].begin += std::uint32_t(at);
        out.spans[i].end += std::uint32_t(at);
      }
      waiting = at = end;
      continue;
    }
    const Token id = vocabulary_.find(word);
    const WholeTokens::State state = id < 0 ? WholeTokens::no : whole_tokens_.get(id);
    if (state != WholeTokens::no) {
      flush();
      if (state == WholeTokens::yes) {
        out.put(id, at, end);
      } else {
        const std::size_t before = out.ids.size();
        run(word, at, start, out);
        whole_tokens_.learn(id, std::span(out.ids).subspan(before));
      }
      waiting = at = end;
      continue;
    }
    at = end;
    if (at - waiting >= chunk) flush();
  }
  flush();
}

void SentencePieceModel::run(std::string_view text, std::size_t begin, std::size_t start, TokenList& out) const {
  const auto& processor = library_->processor;
  std::vector<int> ids;
  auto status = processor.Encode(text, &ids);
  const bool needs_pieces = some_bytes_ || out.tracked();
  std::vector<std::string> pieces;
  if (status.ok() && needs_pieces) status = processor.Encode(text, &pieces);
  if (!status.ok()) fail(Status::internal, fmt::format("sentencepiece: {}", status.message()));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Token id = Token(ids[i]);
    const std::size_t size = !needs_pieces ? 0 : processor.IsByte(id) ? 1 : pieces[i].size();
    if (id != processor.unk_id()) {
      out.put(id, begin, begin + size);
    } else if (!some_bytes_) {
      put_unknown(begin, begin + size, start, out);
    } else {
      put_bytes_of(pieces[i], begin, start, out);
    }
    begin += size;
  }
}

/// The library falls back on bytes only if it has all 256; here each character does that has all of its own.
void SentencePieceModel::put_bytes_of(std::string_view text, std::size_t begin, std::size_t start,
                                      TokenList& out) const {
  while (!text.empty()) {
    const std::string_view character = text.substr(0, std::max<std::size_t>(utf8_length(text), 1));
    const auto byte = [&](char c) { return bytes_[static_cast<unsigned char>(c)]; };
    if (std::all_of(character.begin(), character.end(), [&](char c) { return byte(c) >= 0; })) {
      for (std::size_t i = 0; i < character.size(); ++i) out.put(byte(character[i]), begin + i, begin + i + 1);
    } else {
      put_unknown(begin, begin + character.size(), start, out);
    }
    begin += character.size();
    text.remove_prefix(character.size());
  }
}

}  // namespace ondol::text
