#include "generate/reply_text.hpp"

#include "base/fail.hpp"

namespace ondol {

ReplyText::ReplyText(std::optional<Tokenizer> tokenizer, std::vector<std::string> stops, bool skip_special)
    : tokenizer_(std::move(tokenizer)), stops_(std::move(stops)), skip_special_(skip_special), matcher_(stops_) {
  if (tokenizer_) detokenizer_.emplace(*tokenizer_, DecodeOptions{.skip_special = skip_special});
  if (!tokenizer_ && !stops_.empty()) {
    fail(Status::no_vocabulary, "stop: the model has no tokenizer, so stop strings cannot be found");
  }
}

bool ReplyText::known(Token id) const { return tokenizer_ && static_cast<std::size_t>(id) < tokenizer_->size(); }

std::string ReplyText::bytes(Token id) const { return known(id) ? tokenizer_->token_bytes(id) : std::string(); }

ReplyText::Added ReplyText::add(Token id, bool may_stop) {
  Added added;
  if (!known(id)) return added;
  added.stop = matcher_.add(detokenizer_->add(id), StopMatcher::Shown::yes, may_stop, added.text);
  if (!added.stop && skip_special_ && tokenizer_->is_special(id)) {
    added.stop = matcher_.add(tokenizer_->token_bytes(id), StopMatcher::Shown::no, may_stop, added.text);
  }
  stopped_ = added.stop.has_value();
  return added;
}

std::string ReplyText::flush() {
  std::string text;
  if (detokenizer_) {
    const std::string rest = detokenizer_->flush();
    if (!stopped_) matcher_.add(rest, StopMatcher::Shown::yes, false, text);
  }
  text += matcher_.flush();
  stopped_ = false;
  return text;
}

}  // namespace ondol
