#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ondol {

/// A file mapped read-only. Views of bytes() stay valid as long as this object.
class MappedFile {
 public:
  /// @throws Error not_found, io; bad_file: not a regular file, or empty.
  [[nodiscard]] static std::shared_ptr<const MappedFile> open(std::string_view path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Tells the system that these bytes are not needed in memory for now; they may be read again.
  void release(std::span<const std::byte> part) const noexcept;

 private:
  MappedFile(std::string path, const std::byte* data, std::size_t size)
      : path_(std::move(path)), data_(data), size_(size) {}
  std::string path_;
  const std::byte* data_;
  std::size_t size_;
};

}  // namespace ondol
