#include "ngram/arpa_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "base/checked.hpp"
#include "base/fail.hpp"
#include "ngram/lines.hpp"
#include "ngram/parts.hpp"
#include "ngram/units.hpp"

namespace ondol::ngram {
namespace {

/// Between looks at the stop token and reports of progress.
constexpr std::uint64_t lines_at_a_time = 1u << 14;
constexpr std::size_t entries_at_a_time = 64;

/// What messages show of a line or a word.
std::string shown(std::string_view text) {
  return text.size() > 80 ? fmt::format("{}...", text.substr(0, 80)) : std::string(text);
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

class Reader {
 public:
  Reader(std::string_view path, const NGramLoadOptions& options, const Account& account, NGram::Impl& model)
      : lines_(path, longest_line), options_(options), account_(account), model_(model) {}

  void read() {
    read_header();
    for (std::size_t order = 1; order <= counts_.size(); ++order) {
      read_section_name(fmt::format("\\{}-grams:", order));
      order == 1 ? read_unigrams() : read_ngrams(order);
    }
    read_section_name("\\end\\");
    for (std::string_view line; next(line);) {
      if (!is_blank(line)) bad(fmt::format("\"{}\" behind \\end\\", shown(line)));
    }
    model_.words.shrink();
  }

 private:
  [[noreturn]] void bad_at(std::uint64_t line, const std::string& message) const {
    fail(Status::bad_file, fmt::format("{}: line {}: {}", lines_.path(), line, message));
  }
  [[noreturn]] void bad(const std::string& message) const { bad_at(lines_.number(), message); }
  [[noreturn]] void ends_early(const std::string& expected) const {
    fail(Status::bad_file,
         fmt::format("{}: ends after line {}, expected {}", lines_.path(), lines_.number(), expected));
  }

  bool next(std::string_view& line) {
    if (lines_.number() % lines_at_a_time == 0) {
      if (options_.stop.stop_requested()) fail(Status::cancelled, fmt::format("{}: loading cancelled", lines_.path()));
      if (options_.progress) {
        options_.progress->total = lines_.size();
        options_.progress->done = lines_.position();
      }
    }
    return lines_.next(line);
  }

  void read_header() {
    std::string_view line;
    do {
      if (!next(line)) fail(Status::bad_file, fmt::format("{}: no ARPA file, it has no line \\data\\", lines_.path()));
      if (line.starts_with(unit_comment)) read_unit(line.substr(unit_comment.size()));
    } while (trimmed(line) != "\\data\\");
    while (next(line)) {
      if (is_blank(line)) {
        if (counts_.empty()) continue;
        check_counts();
        return;
      }
      read_count(line);
    }
    ends_early("a section");
  }

  void read_unit(std::string_view name) {
    const auto unit = unit_named(trimmed(name));
    if (!unit) bad(fmt::format("unit \"{}\", expected words, characters or bytes", shown(name)));
    model_.unit = *unit;
  }

  /// "ngram 2=1234"
  void read_count(std::string_view line) {
    const std::size_t equals = line.find('=');
    const std::string_view name = trimmed(line.substr(0, equals));
    if (!name.starts_with("ngram") || equals == std::string_view::npos) {
      bad(fmt::format("\"{}\", expected \"ngram {}=COUNT\" or an empty line", shown(line), counts_.size() + 1));
    }
    if (integer(name.substr(5)) != counts_.size() + 1) {
      bad(fmt::format("count of order \"{}\", expected order {}", shown(trimmed(name.substr(5))), counts_.size() + 1));
    }
    if (counts_.size() == most_orders) {
      fail(Status::unsupported, fmt::format("{}: line {}: order {}, at most {} can be read", lines_.path(),
                                            lines_.number(), most_orders + 1, most_orders));
    }
    counts_.push_back(integer(line.substr(equals + 1)));
  }

  std::uint64_t integer(std::string_view text) const {
    text = trimmed(text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
      bad(fmt::format("\"{}\" is no count", shown(text)));
    }
    return value;
  }

  /// No count may promise more than there is: an n-gram takes a line of at least 2 n + 2 bytes ("0", and a separator
  /// and a letter for each word, and the line's end).
  void check_counts() const {
    std::uint64_t needed = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const auto bytes = checked_multiply(counts_[i], 2 * (i + 1) + 2);
      const auto sum = bytes ? checked_add(needed, *bytes) : std::nullopt;
      if (!sum || *sum > lines_.most_text() + 1) {
        fail(Status::bad_file, fmt::format("{}: {} {}-grams are promised, more than a file of {} bytes can hold",
                                           lines_.path(), counts_[i], i + 1, lines_.size()));
      }
      needed = *sum;
      if (counts_[i] >= none) {
        fail(Status::unsupported,
             fmt::format("{}: {} {}-grams, fewer than 2^32 - 1 can be read", lines_.path(), counts_[i], i + 1));
      }
    }
    if (counts_[0] == 0) fail(Status::bad_file, fmt::format("{}: no unigrams", lines_.path()));
  }

  void read_section_name(const std::string& name) {
    std::string_view line;
    do {
      if (!next(line)) ends_early(name);
    } while (is_blank(line));
    if (trimmed(line) != name) bad(fmt::format("\"{}\", expected {}", shown(line), name));
  }

  /// The parts of an n-gram's line.
  struct Line {
    float probability = 0;
    float backoff = 0;
    std::array<std::string_view, most_orders> words;
  };

  Line read_line(std::size_t order, std::uint64_t done) {
    std::string_view line;
    if (!next(line)) ends_early(fmt::format("{} more {}-grams", counts_[order - 1] - done, order));
    Line result;
    std::array<std::string_view, most_orders + 2> fields;
    std::size_t count = 0;
    for (std::size_t i = 0;;) {
      while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
      if (i == line.size()) break;
      const std::size_t begin = i;
      while (i < line.size() && line[i] != ' ' && line[i] != '\t') ++i;
      if (count == order + 2) bad(fmt::format("more than a {}-gram: \"{}\"", order, shown(line)));
      fields[count++] = line.substr(begin, i - begin);
    }
    if (count == 0 || (count == 1 && fields[0].starts_with('\\'))) {
      bad(fmt::format("{} {}-grams, the header says {}", done, order, counts_[order - 1]));
    }
    if (count < order + 1) bad(fmt::format("{} fields, expected a number and {} words", count, order));
    result.probability = logarithm(fields[0], "probability");
    if (result.probability > 0) bad(fmt::format("log-probability {} is over 0", fields[0]));
    std::copy_n(fields.begin() + 1, order, result.words.begin());
    if (count == order + 2) {
      result.backoff = logarithm(fields[order + 1], "back-off weight");
      if (order == counts_.size() && result.backoff != 0) {
        bad(fmt::format("back-off weight {} of an n-gram of the highest order", fields[order + 1]));
      }
    }
    return result;
  }

  /// A finite number, or -infinity.
  float logarithm(std::string_view text, const char* what) const {
    std::string_view digits = text;
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    if (!whole || std::isnan(value) || value > std::numeric_limits<float>::max()) {
      bad(fmt::format("{} \"{}\" is not the logarithm of a number", what, shown(text)));
    }
    if (value < std::numeric_limits<float>::lowest()) return -std::numeric_limits<float>::infinity();
    return static_cast<float>(value);
  }

  void read_unigrams() {
    const auto count = static_cast<std::uint32_t>(counts_[0]);
    if (count > static_cast<std::uint32_t>(std::numeric_limits<Token>::max()) - 1) {
      fail(Status::unsupported, fmt::format("{}: {} unigrams, fewer than 2^31 - 1 can be read", lines_.path(), count));
    }
    GrowingArray<Entry> entries = room_for(std::uint64_t{count} + 1);
    for (std::uint32_t i = 0; i < count; ++i) {
      const Line line = read_line(1, i);
      const auto [id, fresh] = model_.words.add(line.words[0]);
      if (!fresh) bad(fmt::format("unigram \"{}\" for the second time", shown(line.words[0])));
      entries.push_back({0, id, line.probability, line.backoff, i});
    }
    model_.bos = model_.words.find(begin_word);
    model_.eos = model_.words.find(end_word);
    model_.unknown = model_.words.find(unknown_word);
    if (model_.unknown == none) model_.unknown = model_.words.find("<UNK>");
    if (model_.unknown == none) {
      model_.unknown = model_.words.add(unknown_word).id;
      entries.push_back({0, model_.unknown, static_cast<float>(options_.unknown_log10), 0, count});
    }
    model_.trie.add_order({entries.begin(), entries.size()}, counts_.size() > 1);
  }

  /// As much as is promised, which the file was held against; how much compressed text there is nobody knows before.
  [[nodiscard]] GrowingArray<Entry> room_for(std::uint64_t count) const {
    GrowingArray<Entry> entries(account_, "n-grams being read");
    if (!lines_.compressed()) entries.reserve(count);
    return entries;
  }

  void read_ngrams(std::size_t order) {
    const auto count = static_cast<std::uint32_t>(counts_[order - 1]);
    GrowingArray<Entry> entries = room_for(count);
    const std::uint64_t first_line = lines_.number() + 1;
    std::array<std::uint32_t, most_orders> ids{};  // neighbours have most words in common
    std::vector<Entry> part;
    std::vector<std::array<std::uint32_t, most_orders>> words;
    for (std::uint32_t i = 0; i < count;) {
      part.clear();
      words.clear();
      for (; i < count && part.size() < entries_at_a_time; ++i) {
        const Line line = read_line(order, i);
        for (std::size_t w = 0; w < order; ++w) {
          if (i == 0 || line.words[w] != model_.words[ids[w]]) ids[w] = id_of(line.words[w], order);
        }
        words.push_back(ids);
        part.push_back({ids[0], ids[order - 1], line.probability, line.backoff, i});
      }
      for (std::size_t n = 2; n < order; ++n) extend_contexts(n, part, words, first_line);
      entries.append(part);
    }
    const auto before = [&](const Entry& a, const Entry& b) { return model_.trie.before(a, b); };
    if (!std::is_sorted(entries.begin(), entries.end(), before)) {
      std::sort(entries.begin(), entries.end(), before);
    }
    for (std::size_t i = 1; i < entries.size(); ++i) {
      if (before(entries[i - 1], entries[i])) continue;
      const auto [earlier, later] = std::minmax(entries[i - 1].place, entries[i].place);
      bad_at(first_line + later, fmt::format("the same {}-gram as in line {}", order, first_line + earlier));
    }
    model_.trie.add_order({entries.begin(), entries.size()}, order < counts_.size());
  }

  std::uint32_t id_of(std::string_view word, std::size_t order) const {
    const std::uint32_t id = model_.words.find(word);
    if (id == none) bad(fmt::format("word \"{}\" of a {}-gram is no unigram", shown(word), order));
    return id;
  }

  /// Makes contexts of n - 1 words such of n. Many at once, so that what one waits for in memory the others need not.
  void extend_contexts(std::size_t n, std::span<Entry> part,
                       std::span<const std::array<std::uint32_t, most_orders>> words, std::uint64_t first_line) const {
    std::array<Trie::Range, entries_at_a_time> ranges;
    for (std::size_t i = 0; i < part.size(); ++i) ranges[i] = model_.trie.extensions(n - 1, part[i].context);
    for (std::size_t i = 0; i < part.size(); ++i) model_.trie.prefetch(n, ranges[i], words[i][n - 1]);
    for (std::size_t i = 0; i < part.size(); ++i) {
      part[i].context = model_.trie.find(n, ranges[i], words[i][n - 1]);
      if (part[i].context == none) {
        bad_at(first_line + part[i].place, fmt::format("its first {} words are no {}-gram", n, n));
      }
    }
  }

  Lines lines_;
  const NGramLoadOptions& options_;
  const Account& account_;
  NGram::Impl& model_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace

void read_arpa(std::string_view path, const NGramLoadOptions& options, const Account& account, NGram::Impl& model) {
  Reader(path, options, account, model).read();
}

}  // namespace ondol::ngram
