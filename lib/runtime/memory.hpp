#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "ondol/runtime.hpp"
#include "runtime/weight_memory.hpp"

namespace ondol {

/// What a large buffer is for: a call or a sequence, or what stays as long as a model.
enum class MemoryUse { passing, weights };

/// Counts the large buffers of a runtime against its cap. Thread-safe.
class MemoryAccount {
 public:
  MemoryAccount(std::uint64_t limit, Allocator allocator) : limit_(limit), allocator_(std::move(allocator)) {}

  /// `bytes` bytes aligned to 64, not initialised. `what` names them in the message.
  /// @throws Error out_of_memory, before anything is allocated if the cap would be exceeded.
  [[nodiscard]] std::byte* take(std::uint64_t bytes, const char* what, MemoryUse use = MemoryUse::passing);
  /// With the same `use`.
  void give_back(std::byte* memory, std::uint64_t bytes, MemoryUse use = MemoryUse::passing) noexcept;

  [[nodiscard]] std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t peak() const noexcept { return peak_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }

 private:
  std::uint64_t limit_;
  Allocator allocator_;
  WeightMemory weights_;
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> peak_{0};
};

/// A large block of memory, owned, counted and aligned to 64 bytes. Move only.
class Buffer {
 public:
  Buffer() = default;
  /// @throws Error out_of_memory.
  Buffer(std::shared_ptr<MemoryAccount> account, std::uint64_t bytes, const char* what,
         MemoryUse use = MemoryUse::passing)
      : account_(std::move(account)), data_(account_->take(bytes, what, use)), size_(bytes), use_(use) {}
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(use_, other.use_);
    return *this;
  }
  ~Buffer() {
    if (data_) account_->give_back(data_, size_, use_);
  }

  [[nodiscard]] std::byte* data() noexcept { return data_; }
  [[nodiscard]] const std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  template <class T>
  [[nodiscard]] T* as() noexcept {
    return reinterpret_cast<T*>(data_);
  }
  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    return reinterpret_cast<const T*>(data_);
  }

 private:
  std::shared_ptr<MemoryAccount> account_;
  std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
  MemoryUse use_ = MemoryUse::passing;
};

}  // namespace ondol
