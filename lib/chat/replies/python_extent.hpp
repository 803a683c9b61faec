#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace ondol::replies {

/// Finds the end of what is in brackets in Python, in text that arrives in pieces: brackets in pairs, strings of one
/// line.
class PythonExtent {
 public:
  static constexpr std::size_t max_depth = 100;

  /// Reads on, up to the last bracket or the byte that cannot be. @return so many bytes were read.
  std::size_t read(std::string_view text);
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  void step(char c);
  void in_string(char c);
  void open(char closing);

  std::array<char, max_depth> closing_{};  // the brackets that must still come
  std::size_t depth_ = 0;
  char quote_ = 0;  // of the string, if in one
  bool escaped_ = false;
  bool complete_ = false;
  bool broken_ = false;
};

}  // namespace ondol::replies
