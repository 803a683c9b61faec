#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace test {

/// An order-3 model by hand, with whatever an ARPA file may have. "b c" is no bigram though "a b c" is a trigram.
inline const char* const small_arpa =
    "a comment of whatever wrote this\n"
    "\n"
    "\\data\\\n"
    "ngram 1=6\n"
    "ngram 2=5\n"
    "ngram 3=2\n"
    "\n"
    "\\1-grams:\n"
    "-2\t<unk>\n"
    "-99\t<s>\t-0.5\n"
    "-0.75\t</s>\n"
    "-1\ta\t-0.25\n"
    "-1.25\tb\t0.125\n"
    "-1.5\tc\t-0.375\n"
    "\n"
    "\\2-grams:\n"
    "-0.5\t<s> a\t-0.0625\n"
    "-0.25\ta b\t-0.3125\n"
    "-0.875\tb a\n"
    "-0.625\tc </s>\n"
    "-1.125\tc a\t-0.1875\n"
    "\n"
    "\\3-grams:\n"
    "-0.03125\t<s> a b\n"
    "-0.15625\ta b c\n"
    "\n"
    "\\end\\\n";

inline std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("nothing to replace");
  return text.replace(at, what.size(), by);
}

/// One member of a gzip file.
inline std::string gzip(std::string_view text) {
  z_stream stream{};
  if (::deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = ::deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  ::deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("deflate");
  return out;
}

}  // namespace test
