#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ondol {

/// Finds the first of several stop strings to be complete in a stream of bytes, and holds back exactly what could still
/// become one. Time is linear in the stream. Source: Aho & Corasick 1975.
class StopMatcher {
 public:
  /// @throws Error invalid_argument: an empty string, or one that is not UTF-8.
  explicit StopMatcher(const std::vector<std::string>& stops);

  /// Whether a byte is part of the text that is shown, or only looked at (the name of a control token).
  enum class Shown : bool { no, yes };

  /// Takes more of the stream and appends to `out` what is shown and cannot be part of a stop string. Once a stop
  /// string is complete the rest is dropped: `out` has what stands before it, and its index is returned. Of two that
  /// are complete at the same byte the longer one counts.
  /// @param may_stop off: stop strings that become complete in `text` are passed on as text.
  std::optional<std::size_t> add(std::string_view text, Shown shown, bool may_stop, std::string& out);
  /// What was held back (shown bytes): all of it, or the stop string itself once it was found. Then as new.
  std::string flush();

 private:
  struct Node {
    std::vector<std::pair<char, std::uint32_t>> next;
    std::uint32_t fail = 0;
    std::uint32_t hold = 0;  ///< bytes up to here that may still become a stop string
    std::int64_t stop = -1;  ///< the longest stop string that ends here
  };
  [[nodiscard]] std::uint32_t child(std::uint32_t node, char byte) const noexcept;
  [[nodiscard]] std::uint32_t step(std::uint32_t node, char byte) const noexcept;
  void release(std::size_t count, std::string& out);

  std::vector<std::size_t> lengths_;
  std::vector<Node> nodes_;
  std::uint32_t at_ = 0;
  std::string held_;
  std::vector<Shown> held_shown_;
};

}  // namespace ondol
