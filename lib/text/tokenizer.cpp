#include "text/tokenizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "files/weight_source.hpp"

namespace ondol {
namespace {

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

}  // namespace

std::vector<Token> Tokenizer::Impl::encode(std::string_view text, const EncodeOptions& options) const {
  check_plain(options.plain, text.size());
  if (text.size() > std::size_t(std::numeric_limits<Token>::max()) - 2) {
    fail(Status::unsupported, fmt::format("a text of {} bytes may have over 2^31 tokens", text.size()));
  }
  std::vector<Token> ids;
  ids.reserve(text.size() / 4 + 4);
  if (options.add_special && special_.adds_bos && special_.bos) ids.push_back(*special_.bos);
  text::AddedTokens::Search search(added_, text, options.parse_special, options.plain);
  std::size_t done = 0;
  while (const auto match = search.next()) {
    encode_segment(text.substr(done, match->begin - done), ids);
    ids.push_back(match->token);
    done = match->end;
  }
  encode_segment(text.substr(done), ids);
  if (options.add_special && special_.adds_eos && special_.eos) ids.push_back(*special_.eos);
  return ids;
}

void Tokenizer::Impl::encode_segment(std::string_view text, std::vector<Token>& out) const {
  if (text.empty()) return;
  std::string normal, next;
  for (const auto& normalizer : pipeline_.normalizers) {
    if (!normalizer->apply(text, next)) continue;
    normal.swap(next);
    text = normal;
  }
  if (!pipeline_.pre_tokenizer) return pipeline_.model->encode(text, out);
  pipeline_.pre_tokenizer->split(text, [&](std::string_view piece) { pipeline_.model->encode(piece, out); });
}

void Tokenizer::Impl::decode(Token id, const DecodeOptions& options, bool& at_start, std::string& out) const {
  check(id);
  if (options.skip_special && is_special(id)) return;
  const std::size_t before = out.size();
  pipeline_.decoder->append(id, out);
  if (!at_start || out.size() == before) return;
  at_start = false;
  if (pipeline_.decoder->strips_first_space() && out[before] == ' ') out.erase(before, 1);
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

Tokenizer Tokenizer::load(std::string_view path, const TokenizerOptions& options) {
  return make_tokenizer(*open_weights(path), options);
}

std::vector<Token> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  return impl_->encode(text, options);
}

std::string Tokenizer::decode(std::span<const Token> ids, const DecodeOptions& options) const {
  std::string bytes = decode_bytes(ids, options);
  return utf8_valid(bytes) ? bytes : utf8_repair(bytes);
}

std::string Tokenizer::decode_bytes(std::span<const Token> ids, const DecodeOptions& options) const {
  std::string out;
  bool at_start = true;
  for (const Token id : ids) impl_->decode(id, options, at_start, out);
  return out;
}

std::string Tokenizer::token_bytes(Token id) const {
  impl_->check(id);
  std::string out;
  impl_->decoder().append(id, out);
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
