#include "chat/replies/steps.hpp"

#include <algorithm>

#include "chat/replies/end_tokens.hpp"
#include "chat/replies/match.hpp"

namespace ondol::replies {
namespace {

constexpr std::size_t max_name = 256;
constexpr std::string_view not_in_names = " \t\n\r\v\f\"'`<>()[]{}=,;|";

/// `match` once no more text comes: what is cut off is not there.
Match match_now(const Source& in, std::string_view text, std::string_view mark) {
  const Match found = match(text, mark);
  return found == Match::partial && in.ended() ? Match::no : found;
}

}  // namespace

Progress Space::poll() {
  const std::size_t size = in_.rest().size();
  const std::size_t bytes = white_length(in_.rest());
  in_.advance(bytes);
  return bytes < size || in_.ended() ? Progress::done : Progress::more;
}

Progress Take::poll() { return look(true); }

Progress Take::look(bool read_past) {
  const Match found = match_now(in_, in_.rest(), mark_);
  if (found == Match::partial) return Progress::more;
  found_ = found == Match::yes;
  if (found_ && read_past) in_.advance(mark_.size());
  return Progress::done;
}

Progress TakeAny::poll() {
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    const Match found = match_now(in_, in_.rest(), marks_[i]);
    if (found == Match::partial) return Progress::more;
    if (found == Match::yes) {
      in_.advance(marks_[i].size());
      found_ = i;
      break;
    }
  }
  return Progress::done;
}

Progress Require::poll() {
  switch (match(in_.rest(), mark_)) {
    case Match::no: return Progress::broken;
    case Match::partial: return Progress::more;
    case Match::yes: break;
  }
  in_.advance(mark_.size());
  return Progress::done;
}

Progress RequireEnd::poll() {
  const std::string_view rest = in_.rest();
  const Match found = match(rest, mark_);
  if (found == Match::no) return Progress::broken;
  if (found == Match::partial && (!in_.ended() || rest.size() < 2)) return Progress::more;
  in_.advance(std::min(mark_.size(), rest.size()));
  return Progress::done;
}

Progress Close::poll() {
  white_ += white_length(in_.rest().substr(white_));
  const std::string_view behind = in_.rest().substr(white_);
  const Match found = match(behind, mark_);
  if (found == Match::partial && !in_.ended()) return Progress::more;
  found_ = found == Match::yes || (found == Match::partial && !behind.empty());
  if (found_) in_.advance(white_ + std::min(mark_.size(), behind.size()));
  return Progress::done;
}

Progress OnlyEnd::poll() {
  for (;;) {
    in_.advance(white_length(in_.rest()));
    if (in_.rest().empty()) return in_.ended() ? Progress::done : Progress::more;
    const auto [found, length] = end_token(in_.rest());
    if (found == Match::partial && !in_.ended()) return Progress::more;
    if (found != Match::yes) return Progress::broken;
    in_.advance(length);
  }
}

Progress Name::poll() {
  const std::string_view rest = in_.rest();
  const std::size_t size = std::min(rest.find_first_of(not_in_names), rest.size());
  if (size > max_name) return Progress::broken;
  if (size == rest.size()) return Progress::more;
  if (size == 0) return Progress::broken;
  name_ = rest.substr(0, size);
  in_.advance(size);
  return Progress::done;
}

Progress TextUntil::poll() {
  const std::string_view rest = in_.rest();
  const std::size_t found = rest.find(mark_, searched_);
  if (found == rest.npos) {
    searched_ = rest.size() - std::min(rest.size(), mark_.size() - 1);
    return Progress::more;
  }
  text_ = rest.substr(0, found);
  in_.advance(found + mark_.size());
  in_.settle();
  return Progress::done;
}

Progress JsonValue::poll() {
  if (!extent_.broken()) read_ += extent_.read(in_.rest().substr(read_));
  if (extent_.complete()) {
    auto json = json_of(in_.rest().substr(0, read_));
    if (!json) return Progress::broken;
    json_ = *std::move(json);
    in_.advance(read_);
    return Progress::done;
  }
  if (!extent_.broken()) return Progress::more;
  const std::string_view wrong = in_.rest().substr(read_);
  const Match end = end_.empty() ? Match::no : match(wrong, end_);
  const Match token = end_token(wrong).match;
  const bool certain = end == Match::yes || token == Match::yes || (end == Match::no && token == Match::no);
  if (!certain && !in_.ended()) return Progress::more;
  if (end != Match::no || token != Match::no) in_.break_off();
  return Progress::broken;
}

Find::Find(Source& in, std::span<const std::string_view> marks, TextSink& sink) : in_(in), marks_(marks), sink_(sink) {
  for (const std::string_view mark : marks) {
    if (firsts_.find(mark.front()) == firsts_.npos) firsts_ += mark.front();
  }
}

bool Find::at_mark(std::string_view text) {
  bool partial = false;
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    const Match found = match_now(in_, text, marks_[i]);
    if (found == Match::yes) {
      found_ = i;
      return true;
    }
    partial |= found == Match::partial;
  }
  return partial;
}

Progress Find::poll() {
  const std::string_view rest = in_.rest();
  std::size_t at = std::min(rest.find_first_of(firsts_), rest.size());
  while (at < rest.size() && !at_mark(rest.substr(at))) {
    at = std::min(rest.find_first_of(firsts_, at + 1), rest.size());
  }
  sink_.add(rest.substr(0, at));
  in_.advance(at);
  if (found_) in_.advance(marks_[*found_].size());
  return found_ || in_.ended() ? Progress::done : Progress::more;
}

Progress Attempt::poll() {
  if (!begun_) in_.attempt(from_, in_.at());
  begun_ = true;
  const Progress progress = reading_.run();
  if (progress == Progress::more && !in_.ended()) return Progress::more;
  succeeded_ = progress == Progress::done;
  if (!succeeded_) {
    // Where the text has ended inside of a call, there is no other one.
    const std::size_t end = progress == Progress::broken ? in_.behind() : in_.size();
    out_.incomplete |= progress == Progress::more || in_.broken_off();
    if (in_.held() < end) out_.content.add(in_.from(in_.held()).substr(0, end - in_.held()));
    in_.move_to(end);
  }
  in_.release();
  return Progress::done;
}

}  // namespace ondol::replies
