#include "text/added_tokens.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace ondol::text {
namespace {

/// Length of the white space character (Unicode's property White_Space) at the start of a text; 0 if there is none.
std::size_t white_space(std::string_view text) noexcept {
  const std::size_t n = utf8_length(text);
  if (n == 0) return 0;
  const char32_t c = utf8_decode(text, n);
  const bool is = (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
                  (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
                  c == 0x3000;
  return is ? n : 0;
}

}  // namespace

AddedTokens::AddedTokens(const Vocabulary& vocabulary) {
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const Token id = Token(i);
    const TokenType type = vocabulary.type(id);
    const bool control = type == TokenType::control || type == TokenType::unknown;
    const std::string_view text = vocabulary.text(id);
    if ((!control && type != TokenType::user_defined) || text.empty()) continue;
    entries_.push_back({text, id, control});
    const auto first = static_cast<unsigned char>(text.front());
    first_[1].set(first);
    if (!control) first_[0].set(first);
  }
  // Of tokens with one spelling the lowest id counts.
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.text < b.text; });
  entries_.erase(
      std::unique(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.text == b.text; }),
      entries_.end());
}

AddedTokens::Entry* AddedTokens::find(std::string_view text) noexcept {
  const auto it = std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.text < text; });
  return it == entries_.end() || it->text != text ? nullptr : &*it;
}

void AddedTokens::strip_before(std::string_view text) noexcept {
  if (Entry* e = find(text)) e->strips_before = true;
}

void AddedTokens::strip_after(std::string_view text) noexcept {
  if (Entry* e = find(text)) e->strips_after = true;
}

std::optional<AddedMatch> AddedTokens::Search::next() {
  const std::bitset<256>& first = tokens_.first_[control_ ? 1 : 0];
  if (first.none()) return std::nullopt;
  for (std::size_t begin = at_; begin < text_.size(); ++begin) {
    if (!first[static_cast<unsigned char>(text_[begin])]) continue;
    while (!plain_.empty() && (plain_.front().end <= begin || plain_.front().end <= plain_.front().begin)) {
      plain_ = plain_.subspan(1);
    }
    // A control token may go up to the next range of plain text, not into it.
    const std::size_t control_end = !control_        ? begin
                                    : plain_.empty() ? text_.size()
                                                     : std::max(begin, plain_.front().begin);
    // Narrow the sorted entries byte by byte; the last complete one allowed is the longest.
    const Entry* found = nullptr;
    auto low = tokens_.entries_.begin(), high = tokens_.entries_.end();
    for (std::size_t end = begin; low != high; ++end) {
      const std::size_t depth = end - begin;
      if (low->text.size() == depth) {
        if (!low->control || end <= control_end) found = &*low;
        if (++low == high) break;
      }
      if (end == text_.size()) break;
      if (high - low == 1) {  // the usual case: no more choice
        if (text_.substr(begin).starts_with(low->text) && (!low->control || begin + low->text.size() <= control_end)) {
          found = &*low;
        }
        break;
      }
      const auto byte = static_cast<unsigned char>(text_[end]);
      const auto at = [&](const Entry& e) { return static_cast<unsigned char>(e.text[depth]); };
      low = std::partition_point(low, high, [&](const Entry& e) { return at(e) < byte; });
      high = std::partition_point(low, high, [&](const Entry& e) { return at(e) == byte; });
    }
    if (found == nullptr) continue;
    AddedMatch match{begin, begin + found->text.size(), found->token};
    if (found->strips_after) {
      while (const std::size_t n = white_space(text_.substr(match.end))) match.end += n;
    }
    if (found->strips_before) {
      for (std::size_t start = match.begin; start > at_;) {
        do --start;
        while (start > at_ && (static_cast<unsigned char>(text_[start]) & 0xC0) == 0x80);
        if (start + white_space(text_.substr(start)) != match.begin) break;
        match.begin = start;
      }
    }
    at_ = match.end;
    return match;
  }
  return std::nullopt;
}

}  // namespace ondol::text
