#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace ondol::jinja {

/// A template that cannot go on. `raised`: by raise_exception, so that the message is the template's own.
struct Failure : std::runtime_error {
  explicit Failure(const std::string& message, std::int64_t at = -1, bool by_template = false)
      : std::runtime_error(message), offset(at), raised(by_template) {}
  std::int64_t offset;
  bool raised;
};

/// What one rendering may use. Work on data counts as steps too (one for each 64 bytes of text, one for each item of a
/// list), so that steps bound time and memory.
class Limits {
 public:
  Limits(std::uint64_t steps, std::uint64_t bytes) : left_(steps), steps_(steps), bytes_(bytes) {}

  void step(std::uint64_t count = 1) {
    if (count > left_) too_many_steps();
    left_ -= count;
  }
  /// A text of `size` bytes is about to exist.
  void text(std::uint64_t size) {
    if (size > bytes_) too_many_bytes();
    step(1 + size / 64);
  }
  /// A text under construction has `size` bytes.
  void growing(std::uint64_t size) const {
    if (size > bytes_) too_many_bytes();
  }

 private:
  [[noreturn]] void too_many_steps() const;
  [[noreturn]] void too_many_bytes() const;

  std::uint64_t left_;
  std::uint64_t steps_;
  std::uint64_t bytes_;
};

}  // namespace ondol::jinja
