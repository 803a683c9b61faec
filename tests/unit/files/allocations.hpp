#pragma once

#include <cstddef>

namespace test {

/// Memory from operator new while this lives, in the whole test program: bytes in use at most, beyond the start.
class Allocations {
 public:
  Allocations() noexcept;
  [[nodiscard]] std::size_t peak() const noexcept;

 private:
  std::size_t start_;
};

}  // namespace test
