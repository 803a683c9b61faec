#pragma once

#include <cstddef>

namespace test {

/// Memory from operator new while this lives, in the whole test program: bytes in use at most, beyond the start, and
/// calls.
class Allocations {
 public:
  Allocations() noexcept;
  [[nodiscard]] std::size_t peak() const noexcept;
  [[nodiscard]] std::size_t calls() const noexcept;

 private:
  std::size_t start_;
  std::size_t calls_;
};

}  // namespace test
