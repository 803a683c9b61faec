#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/pipeline.hpp"

namespace ondol::text {

/// How a step of a RegexSplitter cuts a piece; what lies between the matches is a piece too.
enum class SplitKind {
  matches,      ///< every match is a piece
  digit_threes  ///< a match is cut before every third character, counted from its end, and nowhere else
};

struct SplitStep {
  std::string_view pattern;  ///< Oniguruma's syntax, as in the models' own files
  SplitKind kind = SplitKind::matches;
};

/// Cuts text by regular expressions one after the other, each within the pieces of the one before. Runs of bytes that
/// are not UTF-8 are pieces of their own. PCRE2 with JIT where there is one, and limits.
class RegexSplitter final : public PreTokenizer {
 public:
  /// @throws Error internal: a pattern that does not compile, by its text.
  explicit RegexSplitter(std::span<const SplitStep> steps);
  ~RegexSplitter() override;

  /// @throws Error unsupported: a match ran into PCRE2's limits.
  void split(std::string_view text, const PieceSink& sink) const override;

 private:
  struct Step;
  struct Scratch;
  void split(std::size_t step, std::string_view text, Scratch& scratch, const PieceSink& sink) const;
  std::vector<Step> steps_;
};

/// The pattern in PCRE2's terms: `\s`, `\d` and `\p{…}` mean what Unicode 16 says whichever PCRE2 runs them (its own
/// `\s` has U+180E, and version 10.42 knows Unicode 14).
[[nodiscard]] std::string to_pcre2(std::string_view pattern);

}  // namespace ondol::text
