#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/fail.hpp"

namespace ondol {

/// Reads little-endian numbers and texts from untrusted bytes, front to back. What is not there is an Error (bad_file)
/// that names the file, the thing being read, the byte, what was needed and what is left. Holds views only.
class Cursor {
 public:
  Cursor(std::span<const std::byte> bytes, std::string_view path) : bytes_(bytes), path_(path) {}

  /// What is read from here on, for messages: "tensor 3", later "tensor 3 'output.weight'".
  void about(std::string_view kind, std::uint64_t index) noexcept { kind_ = kind, index_ = index, name_ = {}; }
  void about(std::string_view kind) noexcept { kind_ = kind, index_ = no_index, name_ = {}; }
  void named(std::string_view name) noexcept { name_ = name; }

  [[nodiscard]] std::uint64_t offset() const noexcept { return at_; }
  [[nodiscard]] std::uint64_t left() const noexcept { return bytes_.size() - at_; }

  /// The next `size` bytes. @throws Error bad_file: fewer are left.
  std::span<const std::byte> take(std::uint64_t size, std::string_view what) {
    if (size > left()) missing(size, what);
    const auto part = bytes_.subspan(at_, size);
    at_ += size;
    return part;
  }

  template <class T>
  T read(std::string_view what) {
    static_assert(std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }

  /// A 64-bit length and that many bytes.
  std::string_view text(std::string_view what) {
    const auto length = read<std::uint64_t>(what);
    const auto part = take(length, what);
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

  /// @throws Error with file, thing, byte (`offset`) and `problem`.
  [[noreturn]] void refuse(const std::string& problem, std::uint64_t offset, Status code = Status::bad_file) const;

 private:
  [[noreturn]] void missing(std::uint64_t size, std::string_view what) const;

  static constexpr std::uint64_t no_index = ~std::uint64_t{0};
  std::span<const std::byte> bytes_;
  std::string_view path_;
  std::size_t at_ = 0;
  std::string_view kind_;
  std::uint64_t index_ = no_index;
  std::string_view name_;
};

}  // namespace ondol
