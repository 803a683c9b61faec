#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace ondol {

/// Memory of the system's for what stays as long as a model does, cut one piece behind another from large regions, of
/// huge pages if they are cheap: most matrices are smaller than such a page, and others would leave half of one unused.
/// Thread-safe.
class WeightMemory {
 public:
  WeightMemory() = default;
  WeightMemory(const WeightMemory&) = delete;
  WeightMemory& operator=(const WeightMemory&) = delete;
  ~WeightMemory();

  /// Aligned to 64 bytes, zero; nullptr where the system refuses.
  [[nodiscard]] std::byte* take(std::uint64_t bytes) noexcept;
  /// The system has its pages back at once, the addresses when their region's last piece is given back.
  void give_back(std::byte* memory, std::uint64_t bytes) noexcept;

 private:
  struct Region {
    std::byte* begin;
    std::uint64_t size;
    std::uint64_t used;  ///< pieces lie before it
    std::uint64_t held;  ///< of it, by pieces not given back
    std::uint64_t huge;  ///< huge pages were asked for up to here
  };

  std::mutex mutex_;
  std::vector<Region> regions_;
  bool huge_ = true;  ///< no huge page has been expensive yet
};

}  // namespace ondol
