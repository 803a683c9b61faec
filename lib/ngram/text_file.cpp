#include "ngram/text_file.hpp"

#include <zlib.h>

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

namespace {

std::string checked(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) fail(Status::invalid_argument, "path holds a NUL byte");
  return std::string(path);
}

}  // namespace

TextFile::TextFile(std::string_view path) : file_(checked(path)) {
  if (path.ends_with(".gz")) deflater_ = std::make_unique<Deflater>();
}

TextFile::~TextFile() = default;

void TextFile::write(std::string_view text) {
  waiting_ += text;
  if (waiting_.size() < written_at_a_time) return;
  if (deflater_) {
    deflater_->write(waiting_, false, [&](std::string_view bytes) { file_.put(bytes); });
  } else {
    file_.put(waiting_);
  }
  waiting_.clear();
}

void TextFile::finish() {
  if (deflater_) {
    deflater_->write(waiting_, true, [&](std::string_view bytes) { file_.put(bytes); });
  } else {
    file_.put(waiting_);
  }
  file_.finish();
}

}  // namespace ondol::ngram
