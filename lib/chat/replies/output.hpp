#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ondol/reply_parser.hpp"

namespace ondol::replies {

/// Takes text as it is read.
class TextSink {
 public:
  virtual void add(std::string_view text) = 0;

 protected:
  ~TextSink() = default;
};

/// Keeps text as it is.
struct Collected final : TextSink {
  void add(std::string_view more) override { text += more; }
  std::string text;
};

/// Lets go of it.
struct Dropped final : TextSink {
  void add(std::string_view) override {}
};

/// Text without white space at its ends and without end-of-turn tokens at its end, which are held back until there is
/// other text behind them.
class TrimmedText final : public TextSink {
 public:
  void add(std::string_view text) override;
  /// No more will come.
  void finish();
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// What was added to text() since the last call.
  [[nodiscard]] std::string take_new();

 private:
  void emit(std::size_t bytes);

  std::string text_;
  std::string held_;
  std::size_t checked_ = 0;  // so much of held_ is white space and end-of-turn tokens
  std::size_t taken_ = 0;    // so much of text_ was taken
};

/// What a reply has given so far.
class Output {
 public:
  TrimmedText content;
  TrimmedText reasoning;
  std::vector<ToolCall> calls;
  bool incomplete = false;

  void finish();
  [[nodiscard]] ReplyDelta take_new();
  [[nodiscard]] ParsedReply reply() const;

 private:
  std::size_t taken_ = 0;  // so many calls were taken
};

}  // namespace ondol::replies
