#include "ngram/lines.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

#include "base/fail.hpp"

namespace ondol::ngram {
namespace {

constexpr std::string_view gzip_mark = "\x1F\x8B";
/// What deflate makes of one byte at most (zlib's technical notes: "maximum compression factor").
constexpr std::uint64_t most_inflated = 1032;
constexpr std::size_t inflated_at_a_time = 1u << 17;
/// Pages of a plain file are given back in such parts.
constexpr std::uint64_t released_at_a_time = 1u << 24;

constexpr std::pair<std::string_view, const char*> other_files[] = {
    {"\xFD"
     "7zXZ",
     "compressed with xz"},
    {"\x28\xB5\x2F\xFD", "compressed with zstd"},
    {"mmap lm http://kheafield.com/code", "a binary file of KenLM, which only its own version can read"},
};

/// "BZh", the block size as a digit, the mark of a block.
bool is_bzip2(std::string_view bytes) { return bytes.starts_with("BZh") && bytes.substr(4).starts_with("1AY&SY"); }

void refuse_others(std::string_view bytes, const std::string& path) {
  const auto refuse = [&](const char* what) {
    fail(Status::unsupported, fmt::format("{}: {}; expected text, plain or gzip", path, what));
  };
  if (is_bzip2(bytes)) refuse("compressed with bzip2");
  for (const auto& [mark, what] : other_files) {
    if (bytes.starts_with(mark)) refuse(what);
  }
}

}  // namespace

struct Lines::Inflater {
  explicit Inflater(std::string_view input) : rest(input) {
    if (::inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) fail(Status::out_of_memory, "gzip: no memory to inflate");
  }
  Inflater(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream); }

  /// Fills `out`; less only at the end.
  std::size_t read(char* out, std::size_t size, const std::string& path) {
    std::size_t done = 0;
    while (done < size && !ended) {
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(rest.size(), 1u << 30));
      stream.next_out = reinterpret_cast<Bytef*>(out + done);
      stream.avail_out = static_cast<uInt>(size - done);
      const uInt given = stream.avail_in;
      const int code = ::inflate(&stream, Z_NO_FLUSH);
      rest.remove_prefix(given - stream.avail_in);
      done = size - stream.avail_out;
      if (code == Z_STREAM_END) {
        next_member(path);
      } else if (code == Z_BUF_ERROR || (code == Z_OK && rest.empty() && done < size)) {
        fail(Status::bad_file, fmt::format("{}: gzip: the compressed data ends too early", path));
      } else if (code != Z_OK) {
        fail(code == Z_MEM_ERROR ? Status::out_of_memory : Status::bad_file,
             fmt::format("{}: gzip: {}", path, stream.msg ? stream.msg : "the compressed data is damaged"));
      }
    }
    return done;
  }

  /// A file may hold several members, and zeros behind the last (tape blocks).
  void next_member(const std::string& path) {
    if (rest.starts_with(gzip_mark)) {
      ::inflateReset(&stream);
      return;
    }
    if (rest.find_first_not_of('\0') != std::string_view::npos) {
      fail(Status::bad_file, fmt::format("{}: gzip: {} bytes behind the end of the data", path, rest.size()));
    }
    ended = true;
  }

  z_stream stream{};
  std::string_view rest;
  bool ended = false;
};

Lines::Lines(std::string_view path, std::size_t longest) : file_(MappedFile::open(path)), longest_(longest) {
  const std::string_view bytes = file_->text();
  refuse_others(bytes, file_->path());
  if (bytes.starts_with(gzip_mark)) {
    inflater_ = std::make_unique<Inflater>(bytes);
  } else {
    text_ = bytes;
  }
}

Lines::~Lines() = default;

std::uint64_t Lines::most_text() const noexcept {
  return inflater_ ? size() * most_inflated : size();  // a file's size is far from 2^54
}

bool Lines::next(std::string_view& line) {
  std::size_t end = 0;
  for (;;) {
    end = text_.find('\n', searched_);
    if (end != std::string_view::npos) break;
    searched_ = text_.size();
    if (searched_ > longest_) too_long();
    if (!more()) {
      if (text_.empty()) {
        position_ = size();
        return false;
      }
      end = text_.size();
      break;
    }
  }
  if (end > longest_) too_long();
  ++number_;
  line = text_.substr(0, end);
  text_.remove_prefix(std::min(end + 1, text_.size()));
  searched_ = 0;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (inflater_) {
    position_ = size() - inflater_->rest.size();
  } else {
    position_ = size() - text_.size();
    if (position_ - released_ > released_at_a_time) {
      file_->release(file_->bytes().subspan(released_, position_ - released_));
      released_ = position_;
    }
  }
  return true;
}

bool Lines::more() {
  if (!inflater_ || inflater_->ended) return false;
  buffer_.erase(0, buffer_.size() - text_.size());
  const std::size_t kept = buffer_.size();
  const std::size_t wanted = std::max(inflated_at_a_time, kept);
  buffer_.resize(kept + wanted);
  const std::size_t got = inflater_->read(buffer_.data() + kept, wanted, path());
  buffer_.resize(kept + got);
  text_ = buffer_;
  return got > 0;
}

void Lines::too_long() const {
  fail(Status::bad_file, fmt::format("{}: line {}: longer than {} bytes", path(), number_ + 1, longest_));
}

}  // namespace ondol::ngram
