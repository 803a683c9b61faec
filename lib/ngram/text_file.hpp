#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "files/replacing_file.hpp"

namespace ondol::ngram {

/// A text file being written, gzip if its name ends in ".gz". It gets its name when it is complete; before that it is
/// called NAME.part, and goes away with this object.
class TextFile {
 public:
  /// @throws Error io; invalid_argument: a path with a NUL byte.
  explicit TextFile(std::string_view path);
  ~TextFile();

  /// @throws Error io.
  void write(std::string_view text);
  void finish();

 private:
  struct Deflater;
  ReplacingFile file_;
  std::unique_ptr<Deflater> deflater_;
  std::string waiting_;
};

}  // namespace ondol::ngram
