#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generate/stop_matcher.hpp"
#include "ondol/tokenizer.hpp"

namespace ondol {

/// From tokens to the text of a reply: whole UTF-8 sequences, nothing of a stop string. Without a tokenizer all text is
/// empty.
class ReplyText {
 public:
  /// @throws Error invalid_argument: a bad stop string; no_vocabulary: stop strings without a tokenizer.
  ReplyText(std::optional<Tokenizer> tokenizer, std::vector<std::string> stops, bool skip_special);

  struct Added {
    std::string text;
    std::optional<std::size_t> stop;  ///< index of the stop string that is now complete
  };
  /// The text that `id` makes certain. Control tokens are matched by their names whether or not they are shown.
  [[nodiscard]] Added add(Token id, bool may_stop);
  /// What was held back, at the end: with a stop found the stop string itself. Then as new.
  [[nodiscard]] std::string flush();

  /// The bytes of a token; none beyond the vocabulary of the tokenizer.
  [[nodiscard]] std::string bytes(Token id) const;
  [[nodiscard]] const std::string& stop(std::size_t index) const { return stops_[index]; }

 private:
  [[nodiscard]] bool known(Token id) const;

  std::optional<Tokenizer> tokenizer_;
  std::vector<std::string> stops_;
  bool skip_special_;
  std::optional<Detokenizer> detokenizer_;
  StopMatcher matcher_;
  bool stopped_ = false;
};

}  // namespace ondol
