#include "text/added_tokens.hpp"

#include <algorithm>

#include "text/characters.hpp"

namespace ondol::text {
namespace {

/// Where the last character of a text that is not empty begins.
std::size_t last_character(std::string_view text) noexcept {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at + next_character(text.substr(at)).size == text.size() ? at : text.size() - 1;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, Unread unread) : entries_(std::move(tokens)), unread_(unread) {
  std::erase_if(entries_, [](const AddedToken& t) { return t.text.empty(); });
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.text < b.text; });
  const auto same = [](const AddedToken& a, const AddedToken& b) { return a.text == b.text; };
  entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
  for (const AddedToken& t : entries_) {
    const auto first = static_cast<unsigned char>(t.text.front());
    first_[1].set(first);
    if (!t.control || unread == Unread::hides) first_[0].set(first);
  }
}

/// A control token lies in content or goes into it: what is content may not become one.
bool AddedTokens::Search::reaches_into_content(const AddedToken& token, std::size_t begin) const {
  return !plain_.empty() && begin + token.text.size() > std::max(begin, plain_.front().begin);
}

bool AddedTokens::Search::allowed(const AddedToken& token, std::size_t begin) const {
  return !token.control || (control_ && !reaches_into_content(token, begin));
}

/// Of the tokens at `begin` the longest that may be found; one that may not but hides others, as it is.
const AddedToken* AddedTokens::Search::longest(std::size_t begin) const {
  const auto candidate = [&](const AddedToken& t) {
    if (allowed(t, begin)) return true;
    const bool within = plain_.empty() || begin + t.text.size() <= plain_.front().end;
    return tokens_.unread_ == Unread::hides && within;
  };
  // Narrow the sorted entries byte by byte; the last complete one is the longest.
  const AddedToken* found = nullptr;
  auto low = tokens_.entries_.begin(), high = tokens_.entries_.end();
  for (std::size_t end = begin; low != high; ++end) {
    const std::size_t depth = end - begin;
    if (low->text.size() == depth) {
      if (candidate(*low)) found = &*low;
      if (++low == high) break;
    }
    if (end == text_.size()) break;
    if (high - low == 1) {  // the usual case: no more choice
      if (text_.substr(begin).starts_with(low->text) && candidate(*low)) found = &*low;
      break;
    }
    const auto byte = static_cast<unsigned char>(text_[end]);
    const auto at = [&](const AddedToken& e) { return static_cast<unsigned char>(e.text[depth]); };
    low = std::partition_point(low, high, [&](const AddedToken& e) { return at(e) < byte; });
    high = std::partition_point(low, high, [&](const AddedToken& e) { return at(e) == byte; });
  }
  return found;
}

bool AddedTokens::Search::is_single_word(std::size_t begin, std::size_t end) const {
  const std::string_view before = text_.substr(0, begin), after = text_.substr(end);
  return (before.empty() || !is_word(next_character(before.substr(last_character(before))).code)) &&
         (after.empty() || !is_word(next_character(after).code));
}

/// End of the white space from `at` on. A run is looked at once, though many tokens may lie in it.
std::size_t AddedTokens::Search::after_spaces(std::size_t at) {
  if (at >= spaces_.begin && at <= spaces_.end) return spaces_.end;
  spaces_ = {at, at};
  while (spaces_.end < text_.size()) {
    const Character next = next_character(text_.substr(spaces_.end));
    if (!is_white_space(next.code)) break;
    spaces_.end += next.size;
  }
  return spaces_.end;
}

AddedMatch AddedTokens::Search::with_spaces(const AddedToken& token, std::size_t begin) {
  AddedMatch match{begin, begin + token.text.size(), token.id};
  while (token.strips_before && match.begin > done_) {
    const std::size_t start = last_character(text_.substr(0, match.begin));
    if (start < done_ || !is_white_space(next_character(text_.substr(start)).code)) break;
    match.begin = start;
  }
  if (token.strips_before) match.begin = std::max(match.begin, done_);
  if (token.strips_after) match.end = after_spaces(match.end);
  return match;
}

std::optional<AddedMatch> AddedTokens::Search::next() {
  const std::bitset<256>& first = tokens_.first_[control_ ? 1 : 0];
  if (first.none()) return std::nullopt;
  while (at_ < text_.size()) {
    const std::size_t begin = at_++;
    if (!first[static_cast<unsigned char>(text_[begin])]) continue;
    while (!plain_.empty() && (plain_.front().end <= begin || plain_.front().end <= plain_.front().begin)) {
      plain_ = plain_.subspan(1);
    }
    const AddedToken* found = longest(begin);
    if (found == nullptr) continue;
    const std::size_t end = begin + found->text.size();
    if (!allowed(*found, begin) || (found->single_word && !is_single_word(begin, end))) {
      at_ = end;
      continue;
    }
    const AddedMatch match = with_spaces(*found, begin);
    done_ = match.end;
    // Spaces that the last one took may begin the next one all the same (as in Hugging Face's search).
    at_ = tokens_.unread_ == Unread::hides ? end : match.end;
    return match;
  }
  return std::nullopt;
}

}  // namespace ondol::text
