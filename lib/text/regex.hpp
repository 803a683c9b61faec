#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ondol::text {

/// A regular expression in Oniguruma's syntax, as tokenizer files have them, run by PCRE2: with JIT where there is one,
/// and with limits. Immutable; any thread.
class Regex {
 public:
  /// @throws Error unsupported: a pattern that does not compile or means something else in PCRE2, by its text.
  explicit Regex(std::string_view pattern);
  ~Regex();
  Regex(Regex&&) noexcept;

  struct Match {
    std::size_t begin, end;
  };
  /// Goes through the matches in a text of valid UTF-8 from left to right, as Oniguruma's find_iter does: a match that
  /// is empty and begins where the last one ended is left out.
  class Search {
   public:
    Search(const Regex& regex, std::string_view text);
    ~Search();
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;
    /// @throws Error unsupported: the match ran into PCRE2's limits.
    [[nodiscard]] std::optional<Match> next();

   private:
    struct Scratch;
    friend class Regex;
    const Regex& regex_;
    std::string_view text_;
    std::unique_ptr<Scratch> scratch_;
    std::size_t from_ = 0;
    std::size_t last_end_ = std::string_view::npos;
  };

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

/// The pattern in PCRE2's terms: `\s`, `\d`, `\w`, `\b` and `\p{…}` mean what Oniguruma says whichever PCRE2 runs them
/// (its own `\s` has U+180E, its `\w` no marks, and version 10.42 knows Unicode 14).
/// @throws Error unsupported: what has no translation.
[[nodiscard]] std::string to_pcre2(std::string_view pattern);

}  // namespace ondol::text
