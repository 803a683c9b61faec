#include "base/utf8.hpp"
#include "text/tokenizer.hpp"

namespace ondol {

Detokenizer::Detokenizer(Tokenizer tokenizer, const DecodeOptions& options)
    : tokenizer_(std::move(tokenizer)), options_(options) {}

std::string Detokenizer::add(Token id) {
  tokenizer_.impl_->decode(id, options_, at_start_, pending_);
  // Only the end can be the start of a character that is still to come.
  std::size_t held = 0;
  for (std::size_t n = 1; n <= 3 && n <= pending_.size(); ++n) {
    if (utf8_incomplete(std::string_view(pending_).substr(pending_.size() - n))) held = n;
  }
  std::string whole = pending_.substr(0, pending_.size() - held);
  pending_.erase(0, whole.size());
  return utf8_valid(whole) ? whole : utf8_repair(whole);
}

std::string Detokenizer::flush() {
  std::string rest = utf8_repair(pending_);
  pending_.clear();
  at_start_ = true;
  return rest;
}

}  // namespace ondol
