#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "runtime/memory.hpp"

namespace ondol::ngram {

using Account = std::shared_ptr<MemoryAccount>;

/// A large array of plain values, counted against the memory cap. Zero at first. Move only.
template <class T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Array() = default;
  /// @throws Error out_of_memory.
  Array(const Account& account, std::uint64_t size, const char* what)
      : buffer_(account, size * sizeof(T), what), size_(size) {
    std::memset(buffer_.data(), 0, size * sizeof(T));
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T* begin() noexcept { return buffer_.as<T>(); }
  [[nodiscard]] T* end() noexcept { return begin() + size_; }
  [[nodiscard]] const T* begin() const noexcept { return buffer_.as<T>(); }
  [[nodiscard]] const T* end() const noexcept { return begin() + size_; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return begin()[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return begin()[i]; }
  [[nodiscard]] T& back() noexcept { return begin()[size_ - 1]; }
  [[nodiscard]] const T& back() const noexcept { return begin()[size_ - 1]; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return buffer_.size(); }

 private:
  Buffer buffer_;
  std::size_t size_ = 0;
};

/// The same, for as many values as will come: twice the room whenever it is full.
template <class T>
class GrowingArray {
 public:
  GrowingArray(Account account, const char* what) : account_(std::move(account)), what_(what) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T* begin() noexcept { return array_.begin(); }
  [[nodiscard]] T* end() noexcept { return begin() + size_; }
  [[nodiscard]] const T* begin() const noexcept { return array_.begin(); }
  [[nodiscard]] const T* end() const noexcept { return begin() + size_; }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return array_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return array_[i]; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return array_.bytes(); }

  void push_back(const T& value) {
    if (size_ == array_.size()) resize(std::max<std::uint64_t>(64, 2 * std::uint64_t{size_}));
    array_[size_++] = value;
  }
  void append(std::span<const T> values) {
    if (values.size() > array_.size() - size_) {
      resize(std::max<std::uint64_t>(size_ + values.size(), 2 * std::uint64_t{size_}));
    }
    std::copy(values.begin(), values.end(), begin() + size_);
    size_ += values.size();
  }
  void reserve(std::uint64_t size) {
    if (size > array_.size()) resize(size);
  }
  /// Gives back the room that is not used.
  void shrink() {
    if (size_ != array_.size()) resize(size_);
  }

 private:
  void resize(std::uint64_t size) {
    Array<T> fresh(account_, size, what_);
    std::copy(begin(), end(), fresh.begin());
    array_ = std::move(fresh);
  }
  Account account_;
  const char* what_;
  Array<T> array_;
  std::size_t size_ = 0;
};

}  // namespace ondol::ngram
