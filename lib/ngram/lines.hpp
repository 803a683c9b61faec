#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/mapped_file.hpp"

namespace ondol::ngram {

/// The lines of a text file, plain or gzip (RFC 1952), one after another.
class Lines {
 public:
  /// @param longest  most bytes of a line.
  /// @throws Error not_found, io, bad_file; unsupported: another compression, by name.
  Lines(std::string_view path, std::size_t longest);
  ~Lines();

  /// The next line without its end (LF or CR LF), valid until the next call; false at the end of the file.
  /// @throws Error bad_file: a line that is too long, or compressed data that is damaged or cut off.
  [[nodiscard]] bool next(std::string_view& line);

  [[nodiscard]] const std::string& path() const noexcept { return file_->path(); }
  /// Of the last line, from 1.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// Bytes of the file, as it is, and how many of them are read.
  [[nodiscard]] std::uint64_t size() const noexcept { return file_->bytes().size(); }
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  [[nodiscard]] bool compressed() const noexcept { return inflater_ != nullptr; }
  /// Bytes of text that the file can hold at most.
  [[nodiscard]] std::uint64_t most_text() const noexcept;

 private:
  struct Inflater;
  /// Reads on behind text_[begin_, end_), of which the front is given up; false at the end of the file.
  bool more();
  [[noreturn]] void too_long() const;

  std::shared_ptr<const MappedFile> file_;
  std::size_t longest_;
  std::unique_ptr<Inflater> inflater_;  ///< of a gzip file
  std::string buffer_;                  ///< inflated text
  std::string_view text_;               ///< of the file or of the buffer: what is not given out yet
  std::size_t searched_ = 0;            ///< so much of it has no end of line
  std::uint64_t position_ = 0;
  std::uint64_t released_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace ondol::ngram
