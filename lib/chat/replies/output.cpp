#include "chat/replies/output.hpp"

#include <algorithm>
#include <iterator>

#include "chat/replies/end_tokens.hpp"
#include "chat/replies/json_extent.hpp"

namespace ondol::replies {

void TrimmedText::add(std::string_view text) {
  held_ += text;
  std::size_t certain = 0;  // where the last text begins that the end of the reply cannot drop
  const std::string_view held = held_;
  while (checked_ < held.size()) {
    checked_ += white_length(held.substr(checked_));
    const auto [found, length] = end_token(held.substr(checked_));
    if (found == Match::partial) break;  // at the end of what is there as well
    if (found == Match::yes) {
      checked_ += length;
    } else {
      certain = checked_ = std::min(held.find_first_of(end_firsts, checked_ + 1), held.size());
    }
  }
  if (certain > 0) emit(certain);
}

void TrimmedText::finish() {
  if (checked_ < held_.size()) emit(held_.size());
  held_.clear();
  checked_ = 0;
}

void TrimmedText::emit(std::size_t bytes) {
  const std::string_view ready = std::string_view(held_).substr(0, bytes);
  text_ += text_.empty() ? ready.substr(white_length(ready)) : ready;
  held_.erase(0, bytes);
  checked_ -= std::min(checked_, bytes);
}

std::string TrimmedText::take_new() {
  std::string fresh = text_.substr(taken_);
  taken_ = text_.size();
  return fresh;
}

void Output::finish() {
  content.finish();
  reasoning.finish();
  if (content.text().starts_with('{')) {
    JsonExtent extent;
    extent.read(content.text());
    incomplete |= !extent.complete() && !extent.broken();
  }
}

ReplyDelta Output::take_new() {
  const auto first = calls.begin() + static_cast<std::ptrdiff_t>(taken_);
  ReplyDelta delta{content.take_new(), reasoning.take_new(), {first, calls.end()}};
  taken_ = calls.size();
  return delta;
}

ParsedReply Output::reply() const {
  ParsedReply reply{content.text(), {}, calls, incomplete};
  if (!reasoning.text().empty()) reply.reasoning = reasoning.text();
  return reply;
}

}  // namespace ondol::replies
