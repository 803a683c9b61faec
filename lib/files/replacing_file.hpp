#pragma once

#include <cstddef>
#include <fstream>
#include <span>
#include <string>

namespace ondol {

/// A file that is written under another name and takes its own when all is there: what was there before stays until then,
/// and for good if anything fails.
class ReplacingFile {
 public:
  /// @throws Error io.
  explicit ReplacingFile(std::string path);
  ~ReplacingFile();
  ReplacingFile(const ReplacingFile&) = delete;
  ReplacingFile& operator=(const ReplacingFile&) = delete;

  /// @throws Error io: the disk is full.
  void put(std::span<const std::byte> bytes);
  void put(std::string_view text) { put(std::as_bytes(std::span(text))); }
  /// Zeros up to a multiple of `alignment`.
  void pad(std::uint64_t alignment);
  /// Bytes that put() and pad() have written.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// For who writes by itself: the stream, and the name that the file has until it is finished.
  [[nodiscard]] std::ostream& stream() noexcept { return out_; }
  [[nodiscard]] const std::string& part_path() const noexcept { return part_; }
  /// @throws Error io.
  void finish();

 private:
  std::string path_;
  std::string part_;
  std::ofstream out_;
  std::uint64_t size_ = 0;
  bool finished_ = false;
};

}  // namespace ondol
