#include "text/tokenizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "text/encoding.hpp"

namespace ondol {
namespace {

using text::AddedTokens;
using text::AlignedText;
using text::Piece;
using text::TokenList;

void check_plain(std::span<const TextRange> ranges, std::size_t size) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const TextRange& r = ranges[i];
    if (r.begin < end || r.end < r.begin || r.end > size) {
      fail(Status::invalid_argument,
           fmt::format("plain range {} is [{}, {}): ascending, disjoint ranges within the {} bytes of text expected", i,
                       r.begin, r.end, size));
    }
    end = r.end;
  }
}

/// The bytes of a normal form that stem from plain ranges of the original.
std::vector<TextRange> normal_ranges(std::span<const TextRange> plain, const AlignedText& text) {
  std::vector<TextRange> ranges;
  for (std::size_t i = 0; i < text.origin.size(); ++i) {
    const auto range = std::partition_point(plain.begin(), plain.end(),
                                            [&](const TextRange& r) { return r.end <= text.origin[i].begin; });
    if (range == plain.end() || range->begin >= std::max(text.origin[i].end, text.origin[i].begin + 1)) continue;
    if (!ranges.empty() && ranges.back().end == i)
      ++ranges.back().end;
    else
      ranges.push_back({i, i + 1});
  }
  return ranges;
}

void put_added(const text::AddedMatch& match, std::string_view text, TokenList& out) {
  if (out.tracked()) {
    out.surfaces.push_back({out.ids.size(), std::string(text.substr(match.begin, match.end - match.begin))});
  }
  out.put(match.token, match.begin, match.end);
}

/// Where the bytes of a piece come from, instead of where they lie in it.
void to_original(const Piece& piece, std::size_t first, TokenList& tokens) {
  for (std::size_t i = first; i < tokens.spans.size(); ++i) {
    text::Origin& span = tokens.spans[i];
    if (span.begin < span.end && span.end <= piece.text.size()) {
      span = {piece.origin[span.begin].begin, piece.origin[span.end - 1].end};
    }
  }
}

}  // namespace

Tokenizer::Impl::Impl(Parts parts)
    : vocabulary_(std::move(parts.vocabulary)),
      special_(std::move(parts.special)),
      added_(std::move(parts.added)),
      normalized_added_(std::move(parts.normalized_added)),
      pipeline_(parts.make_pipeline(vocabulary_)) {}

std::vector<Token> Tokenizer::Impl::encode(std::string_view text, std::optional<std::string_view> pair,
                                           const EncodeOptions& options) const {
  const text::PostProcessor& post = pipeline_.post_processor;
  if (options.fit_length && (post.truncation || post.padding)) {
    return encode_with_offsets(text, pair, options).ids;
  }
  std::vector<Token> first = tokens(text, options, false).ids;
  if (!pair) return text::lay_out_ids(post, std::move(first), nullptr, options.add_special);
  EncodeOptions of_pair = options;
  of_pair.plain = {};
  const std::vector<Token> second = tokens(*pair, of_pair, false).ids;
  return text::lay_out_ids(post, std::move(first), &second, options.add_special);
}

Encoding Tokenizer::Impl::encode_with_offsets(std::string_view text, std::optional<std::string_view> pair,
                                              const EncodeOptions& options) const {
  const text::PostProcessor& post = pipeline_.post_processor;
  const auto draft = [&](std::string_view t, const EncodeOptions& o) {
    TokenList list = tokens(t, o, true);
    text::to_characters(t, list.spans);
    return text::draft_of(std::move(list), vocabulary_, post);
  };
  std::optional<text::Draft> second;
  if (pair) {
    EncodeOptions of_pair = options;
    of_pair.plain = {};
    second = draft(*pair, of_pair);
  }
  Encoding whole = text::lay_out(post, draft(text, options), std::move(second), options);
  if (post.padding && options.fit_length) text::pad(*post.padding, {&whole, 1});
  return whole;
}

TokenList Tokenizer::Impl::tokens(std::string_view text, const EncodeOptions& options, bool tracked) const {
  check_plain(options.plain, text.size());
  if (text.size() > std::size_t(std::numeric_limits<Token>::max()) - 2) {
    fail(Status::unsupported, fmt::format("a text of {} bytes may have over 2^31 tokens", text.size()));
  }
  const bool needs_origins = pipeline_.needs_origins || (!options.plain.empty() && !normalized_added_.empty());
  std::optional<AlignedText> aligned;
  if (tracked || needs_origins) aligned.emplace(text, true);
  const Piece whole = aligned ? aligned->piece() : Piece{.text = text};

  TokenList out(tracked);
  out.ids.reserve(text.size() / 4 + 4);
  AddedTokens::Search search(added_, text, options.parse_special, options.plain);
  std::size_t done = 0;
  while (const auto match = search.next()) {
    if (match->begin > done) encode_segment(whole.slice(done, match->begin), options, out);
    put_added(*match, text, out);
    done = match->end;
  }
  if (done < text.size()) encode_segment(whole.slice(done, text.size()), options, out);
  return out;
}

void Tokenizer::Impl::encode_segment(const Piece& segment, const EncodeOptions& options, TokenList& out) const {
  if (pipeline_.normalizers.empty() && normalized_added_.empty()) return encode_normal(segment, out);
  AlignedText text(segment);
  for (const auto& normalizer : pipeline_.normalizers) normalizer->apply(text);
  const Piece whole = text.piece();
  if (normalized_added_.empty()) return encode_normal(whole.slice(0, text.text.size()), out);

  const std::vector<TextRange> plain = normal_ranges(options.plain, text);
  AddedTokens::Search search(normalized_added_, text.text, options.parse_special, plain);
  std::size_t done = 0;
  while (const auto match = search.next()) {
    if (match->begin > done) encode_normal(whole.slice(done, match->begin), out);
    const std::size_t before = out.spans.size();
    put_added(*match, text.text, out);
    to_original(whole, before, out);
    done = match->end;
  }
  encode_normal(whole.slice(done, text.text.size()), out);
}

/// Runs of bytes that are not UTF-8 are pieces of their own where text is cut into pieces.
void Tokenizer::Impl::encode_normal(const Piece& piece, TokenList& out) const {
  if (pipeline_.pre_tokenizers.empty() || utf8_valid(piece.text)) return split(0, piece, out);
  for (std::size_t at = 0, end = 0; at < piece.text.size(); at = end) {
    while (const std::size_t n = utf8_length(piece.text.substr(end))) end += n;
    split(0, piece.slice(at, end), out);
    at = end;
    while (end < piece.text.size() && utf8_length(piece.text.substr(end)) == 0) ++end;
    split(pipeline_.pre_tokenizers.size(), piece.slice(at, end), out);
  }
}

void Tokenizer::Impl::split(std::size_t step, const Piece& piece, TokenList& out) const {
  if (piece.text.empty()) return;
  if (step < pipeline_.pre_tokenizers.size()) {
    const auto next = [&](const Piece& part) { split(step + 1, part, out); };
    return pipeline_.pre_tokenizers[step]->split(piece, next);
  }
  const std::size_t before = out.spans.size();
  pipeline_.model->encode(piece.text, out);
  to_original(piece, before, out);
}

void Tokenizer::Impl::check(Token id) const {
  if (!vocabulary_.contains(id)) {
    fail(Status::invalid_argument, fmt::format("token {}: ids are 0 .. {}", id, vocabulary_.size() - 1));
  }
}

bool Tokenizer::Impl::is_special(Token id) const noexcept {
  const text::TokenType type = vocabulary_.type(id);
  return type == text::TokenType::control || type == text::TokenType::unknown;
}

std::vector<Token> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  return impl_->encode(text, std::nullopt, options);
}

std::vector<Token> Tokenizer::encode(std::string_view text, std::string_view pair, const EncodeOptions& options) const {
  return impl_->encode(text, pair, options);
}

Encoding Tokenizer::encode_with_offsets(std::string_view text, std::optional<std::string_view> pair,
                                        const EncodeOptions& options) const {
  return impl_->encode_with_offsets(text, pair, options);
}

std::vector<Encoding> Tokenizer::encode_batch(std::span<const std::string_view> texts,
                                              const EncodeOptions& options) const {
  std::vector<Encoding> encodings;
  for (const std::string_view text : texts) {
    encodings.push_back(impl_->encode_with_offsets(text, std::nullopt, options));
  }
  const auto& padding = impl_->pipeline().post_processor.padding;
  if (padding && options.fit_length) text::pad(*padding, encodings);
  return encodings;
}

std::string Tokenizer::decode(std::span<const Token> ids, const DecodeOptions& options) const {
  std::string bytes = decode_bytes(ids, options);
  return utf8_valid(bytes) ? bytes : utf8_repair(bytes, impl_->pipeline().decoder->marks_each_byte());
}

std::string Tokenizer::decode_bytes(std::span<const Token> ids, const DecodeOptions& options) const {
  std::string out;
  const auto stream = impl_->stream();
  for (const Token id : ids) {
    impl_->check(id);
    if (!options.skip_special || !impl_->is_special(id)) stream->push(id, out);
  }
  stream->finish(out);
  return out;
}

std::string Tokenizer::token_bytes(Token id) const {
  impl_->check(id);
  std::string out;
  impl_->pipeline().decoder->append(id, out);
  return out;
}

std::string_view Tokenizer::token_text(Token id) const {
  impl_->check(id);
  return impl_->vocabulary().text(id);
}

std::optional<Token> Tokenizer::find(std::string_view text) const {
  const Token id = impl_->vocabulary().find(text);
  return id < 0 ? std::nullopt : std::optional(id);
}

std::size_t Tokenizer::size() const noexcept { return impl_->vocabulary().size(); }

bool Tokenizer::is_special(Token id) const {
  impl_->check(id);
  return impl_->is_special(id);
}

bool Tokenizer::is_end(Token id) const {
  impl_->check(id);
  return std::binary_search(impl_->special().ends.begin(), impl_->special().ends.end(), id);
}

std::optional<Token> Tokenizer::bos() const noexcept { return impl_->special().bos; }
std::optional<Token> Tokenizer::eos() const noexcept { return impl_->special().eos; }
std::optional<Token> Tokenizer::unknown() const noexcept { return impl_->special().unknown; }
std::optional<Token> Tokenizer::padding() const noexcept { return impl_->special().padding; }
bool Tokenizer::adds_bos() const noexcept { return impl_->special().adds_bos && impl_->special().bos; }
bool Tokenizer::adds_eos() const noexcept { return impl_->special().adds_eos && impl_->special().eos; }

}  // namespace ondol
