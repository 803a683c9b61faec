#include "ngram/text_file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/fail.hpp"

namespace ondol::ngram {
namespace {

constexpr std::size_t written_at_a_time = 1u << 16;

}  // namespace

struct TextFile::Deflater {
  Deflater() {
    if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      fail(Status::out_of_memory, "gzip: no memory to deflate");
    }
  }
  Deflater(const Deflater&) = delete;
  ~Deflater() { ::deflateEnd(&stream); }

  template <class Put>
  void write(std::string_view text, bool last, Put put) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(out);
      stream.avail_out = sizeof out;
      ::deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
      put(std::string_view(out, sizeof out - stream.avail_out));
    } while (stream.avail_out == 0);
  }

  z_stream stream{};
  char out[written_at_a_time];
};

TextFile::TextFile(std::string_view path)
    : path_(path), part_(path_ + ".part"), file_(part_, std::ios::binary | std::ios::trunc) {
  if (path.find('\0') != std::string_view::npos) fail(Status::invalid_argument, "path holds a NUL byte");
  if (!file_) refused();
  if (path.ends_with(".gz")) deflater_ = std::make_unique<Deflater>();
}

TextFile::~TextFile() {
  if (finished_) return;
  file_.close();
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

void TextFile::refused() const { fail(Status::io, fmt::format("{}: {}", part_, std::strerror(errno))); }

void TextFile::put(std::string_view bytes) {
  if (!file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) refused();
}

void TextFile::write(std::string_view text) {
  waiting_ += text;
  if (waiting_.size() < written_at_a_time) return;
  if (deflater_) {
    deflater_->write(waiting_, false, [&](std::string_view bytes) { put(bytes); });
  } else {
    put(waiting_);
  }
  waiting_.clear();
}

void TextFile::finish() {
  if (deflater_) {
    deflater_->write(waiting_, true, [&](std::string_view bytes) { put(bytes); });
  } else {
    put(waiting_);
  }
  file_.close();
  if (!file_) refused();
  std::error_code error;
  std::filesystem::rename(part_, path_, error);
  if (error) fail(Status::io, fmt::format("{}: {}", path_, error.message()));
  finished_ = true;
}

}  // namespace ondol::ngram
