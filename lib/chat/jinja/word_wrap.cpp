#include "chat/jinja/word_wrap.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "chat/jinja/text_functions.hpp"
#include "chat/jinja/unicode.hpp"

namespace ondol::jinja {
namespace {

using Characters = std::vector<Character>;

bool is_blank(char32_t code) { return code == ' ' || (code >= 9 && code <= 13); }
bool is_letter(char32_t code) { return is_word(code) && !is_decimal(code); }

/// The chunks of a line, as textwrap.TextWrapper.wordsep_re finds them.
class Chunker {
 public:
  Chunker(const Characters& line, bool at_hyphens) : line_(line), end_(line.size() - 1), at_hyphens_(at_hyphens) {}

  std::vector<TextRange> run() const {
    std::vector<TextRange> found;
    for (std::size_t at = 0; at < end_;) {
      const std::size_t stop = chunk_end(at);
      found.push_back({at, stop});
      at = stop;
    }
    return found;
  }

 private:
  [[nodiscard]] char32_t code(std::size_t i) const { return i < end_ ? line_[i].code : U' '; }

  [[nodiscard]] std::size_t chunk_end(std::size_t at) const {
    const bool blank = is_blank(code(at));
    if (!blank && at_hyphens_ && starts_dash(at)) return dash_end(at);
    std::size_t stop = at + 1;
    while (stop < end_ && is_blank(code(stop)) == blank && (blank || !at_hyphens_ || !ends_word(at, stop))) ++stop;
    return stop;
  }

  /// Whether a word that starts at `at` ends in front of `stop`.
  [[nodiscard]] bool ends_word(std::size_t at, std::size_t stop) const {
    if (starts_dash(stop)) return true;
    const std::size_t hyphen = stop - 1;
    if (code(hyphen) != '-' || hyphen <= at) return false;
    const bool before =
        hyphen >= 2 && is_letter(code(hyphen - 1)) &&
        (is_letter(code(hyphen - 2)) || (hyphen >= 3 && code(hyphen - 2) == '-' && is_letter(code(hyphen - 3))));
    return before && is_letter(code(stop)) &&
           (is_letter(code(stop + 1)) || (code(stop + 1) == '-' && is_letter(code(stop + 2))));
  }

  [[nodiscard]] std::size_t dash_end(std::size_t at) const {
    while (at < end_ && code(at) == '-') ++at;
    return at;
  }
  /// "--" or longer between a word and another.
  [[nodiscard]] bool starts_dash(std::size_t at) const {
    if (at == 0 || code(at) != '-' || code(at - 1) == '-') return false;
    const char32_t before = code(at - 1);
    const bool word =
        is_word(before) ||
        (before < 0x80 && std::string_view("!\"'&.,?").find(static_cast<char>(before)) != std::string_view::npos);
    const std::size_t end = dash_end(at);
    return word && end >= at + 2 && end < end_ && is_word(code(end));
  }

  const Characters& line_;
  std::size_t end_;
  bool at_hyphens_;
};

class LineWrapper {
 public:
  LineWrapper(Limits& limits, const Text& line, const WrapOptions& options)
      : limits_(limits), line_(line), options_(options), all_(characters(limits, line.view())) {}

  void run(Values& out) {
    rest_ = Chunker(all_, options_.chunk_at_hyphens).run();
    std::reverse(rest_.begin(), rest_.end());
    for (bool first = true; !rest_.empty();) {
      limits_.step();
      if (!first && blank(rest_.back())) rest_.pop_back();
      std::vector<TextRange> taken = take();
      if (!taken.empty() && blank(taken.back())) taken.pop_back();
      if (taken.empty()) continue;
      first = false;
      out.emplace_back(line_.slice(all_[taken.front().begin].begin, all_[taken.back().end].begin));
    }
  }

 private:
  [[nodiscard]] static std::size_t length(const TextRange& chunk) { return chunk.end - chunk.begin; }
  [[nodiscard]] auto place(std::size_t i) const { return all_.begin() + static_cast<std::ptrdiff_t>(i); }
  [[nodiscard]] bool blank(const TextRange& chunk) const {
    return std::all_of(place(chunk.begin), place(chunk.end), [](const Character& c) { return is_space(c.code); });
  }

  /// The chunks of the next line.
  std::vector<TextRange> take() {
    std::vector<TextRange> taken;
    std::size_t used = 0;
    while (!rest_.empty() && used + length(rest_.back()) <= options_.width) {
      used += length(rest_.back());
      taken.push_back(rest_.back());
      rest_.pop_back();
    }
    if (rest_.empty() || length(rest_.back()) <= options_.width) return taken;
    TextRange& word = rest_.back();
    if (options_.break_long) {
      const std::size_t part = cut(word, options_.width - used);
      taken.push_back({word.begin, word.begin + part});
      word.begin += part;
    } else if (taken.empty()) {
      taken.push_back(word);
      rest_.pop_back();
    }
    return taken;
  }

  /// How much of a long word goes into `room`: behind its last hyphen there, if something else stands in front.
  [[nodiscard]] std::size_t cut(const TextRange& word, std::size_t room) const {
    if (!options_.break_at_hyphens) return room;
    const auto first = place(word.begin);
    std::size_t hyphen = room;
    while (hyphen > 0 && place(word.begin + hyphen - 1)->code != '-') --hyphen;  // behind the hyphen
    if (hyphen <= 1) return room;
    const auto last = first + static_cast<std::ptrdiff_t>(hyphen - 1);
    return std::any_of(first, last, [](const Character& c) { return c.code != '-'; }) ? hyphen : room;
  }

  Limits& limits_;
  const Text& line_;
  const WrapOptions& options_;
  Characters all_;
  std::vector<TextRange> rest_;  // the next chunk last
};

}  // namespace

void wrap_line(Limits& limits, const Text& line, const WrapOptions& options, Values& out) {
  LineWrapper(limits, line, options).run(out);
}

}  // namespace ondol::jinja
