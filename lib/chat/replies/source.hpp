#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace ondol::replies {

/// The text of a reply as it arrives, read from the front. Positions count bytes from its start.
class Source {
 public:
  void add(std::string_view more) { text_ += more; }
  /// The reply itself begins behind what has arrived.
  void begin() noexcept { begin_ = size(); }
  void end() noexcept { ended_ = true; }
  /// No more will arrive.
  [[nodiscard]] bool ended() const noexcept { return ended_; }

  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] std::size_t size() const noexcept { return forgotten_ + text_.size(); }
  /// What has arrived from a position on that is not forgotten, or from here.
  [[nodiscard]] std::string_view from(std::size_t position) const noexcept {
    return std::string_view(text_).substr(position - forgotten_);
  }
  [[nodiscard]] std::string_view rest() const noexcept { return from(at_); }
  void advance(std::size_t bytes) noexcept { at_ += bytes; }
  void move_to(std::size_t position) noexcept { at_ = position; }

  /// An attempt at reading calls has begun: `from` is where the text starts that it may have to give back, `behind`
  /// where reading then goes on.
  void attempt(std::size_t from, std::size_t behind) noexcept;
  /// All up to here was calls.
  void commit() noexcept { held_ = behind_ = at_; }
  /// Up to here no other call is looked for, should the attempt fail.
  void settle() noexcept { behind_ = at_; }
  /// The attempt failed because a value broke off at the end of its block.
  void break_off() noexcept { broken_off_ = true; }
  [[nodiscard]] bool broken_off() const noexcept { return broken_off_; }
  /// Where the reply's text starts that the attempt may have to give back.
  [[nodiscard]] std::size_t held() const noexcept { return std::max(held_, begin_); }
  [[nodiscard]] std::size_t behind() const noexcept { return behind_; }
  /// The attempt is over.
  void release() noexcept { held_ = nowhere; }

  /// Drops text that nobody needs any more; amortised linear.
  void forget();

 private:
  static constexpr std::size_t nowhere = std::numeric_limits<std::size_t>::max();

  std::string text_;
  std::size_t forgotten_ = 0;  // bytes dropped in front of text_
  std::size_t begin_ = 0;
  std::size_t at_ = 0;
  std::size_t held_ = nowhere;
  std::size_t behind_ = 0;
  bool broken_off_ = false;
  bool ended_ = false;
};

}  // namespace ondol::replies
