#include <utf8proc.h>

#include "base/utf8.hpp"
#include "text/characters.hpp"
#include "text/tokenizer.hpp"

namespace ondol {
namespace {

constexpr std::size_t longest_grapheme = 4096;  // bytes; a longer one is emitted by characters

/// Bytes at the end that may be the start of a character which is still to come.
std::size_t incomplete(std::string_view text) {
  std::size_t held = 0;
  for (std::size_t n = 1; n <= 3 && n <= text.size(); ++n) {
    if (utf8_incomplete(text.substr(text.size() - n))) held = n;
  }
  return held;
}

/// Where the last grapheme cluster of valid UTF-8 begins: more of it may come.
std::size_t last_grapheme(std::string_view text) {
  if (text.empty()) return 0;
  text::Character last = text::next_character(text);
  std::size_t begin = 0;
  utf8proc_int32_t state = 0;
  for (std::size_t at = last.size; at < text.size();) {
    const text::Character c = text::next_character(text.substr(at));
    if (utf8proc_grapheme_break_stateful(utf8proc_int32_t(last.code), utf8proc_int32_t(c.code), &state)) begin = at;
    at += c.size;
    last = c;
  }
  return begin;
}

}  // namespace

struct Detokenizer::Stream {
  std::unique_ptr<text::DecodeStream> tokens;
  std::string ready{};  // valid UTF-8, held back as its last grapheme may grow
};

Detokenizer::Detokenizer(Tokenizer tokenizer, const DecodeOptions& options, StreamUnit unit)
    : tokenizer_(std::move(tokenizer)),
      options_(options),
      unit_(unit),
      stream_(std::make_unique<Stream>(tokenizer_.impl_->stream())) {}
Detokenizer::~Detokenizer() = default;
Detokenizer::Detokenizer(Detokenizer&&) noexcept = default;
Detokenizer& Detokenizer::operator=(Detokenizer&&) noexcept = default;

std::string Detokenizer::add(Token id) {
  tokenizer_.impl_->check(id);
  if (options_.skip_special && tokenizer_.impl_->is_special(id)) return {};
  stream_->tokens->push(id, pending_);
  if (unit_ == StreamUnit::bytes) return std::exchange(pending_, {});
  std::string whole = pending_.substr(0, pending_.size() - incomplete(pending_));
  pending_.erase(0, whole.size());
  whole = utf8_repair(whole, tokenizer_.impl_->pipeline().decoder->marks_each_byte());
  if (unit_ == StreamUnit::characters) return whole;
  std::string& ready = stream_->ready;
  ready += whole;
  std::size_t last = last_grapheme(ready);
  if (ready.size() - last > longest_grapheme) last = ready.size();
  whole = ready.substr(0, last);
  ready.erase(0, last);
  return whole;
}

std::string Detokenizer::flush() {
  stream_->tokens->finish(pending_);
  std::string rest = std::exchange(pending_, {});
  if (unit_ == StreamUnit::bytes) return rest;
  return std::exchange(stream_->ready, {}) +
         utf8_repair(rest, tokenizer_.impl_->pipeline().decoder->marks_each_byte());
}

}  // namespace ondol
