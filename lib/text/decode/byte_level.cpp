#include "text/decode/byte_level.hpp"

#include <array>

#include "base/utf8.hpp"
#include "text/decode/tokenwise.hpp"

namespace ondol::text {
namespace {

constexpr bool prints(unsigned b) { return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE; }

struct Tables {
  std::array<ByteSpelling, 256> spelling{};
  std::array<std::int16_t, 0x144> byte{};  // by code point
};

constexpr Tables tables = [] {
  Tables t;
  t.byte.fill(-1);
  unsigned next = 0x100;
  for (unsigned b = 0; b < 256; ++b) {
    const unsigned code = prints(b) ? b : next++;
    t.byte[code] = std::int16_t(b);
    t.spelling[b] = code < 0x80 ? ByteSpelling{{char(code), 0}, 1}
                                : ByteSpelling{{char(0xC0 | code >> 6), char(0x80 | (code & 0x3F))}, 2};
  }
  return t;
}();

}  // namespace

const ByteSpelling& spelling_of(unsigned char byte) noexcept { return tables.spelling[byte]; }

void append_unspelled(std::string_view spelled, std::string& out) {
  const std::size_t start = out.size();
  for (std::string_view rest = spelled; !rest.empty();) {
    const std::size_t n = utf8_length(rest);
    const char32_t code = n == 0 ? U'\uFFFF' : utf8_decode(rest, n);
    if (code >= tables.byte.size() || tables.byte[code] < 0) {
      out.resize(start);
      out += spelled;
      return;
    }
    out += char(tables.byte[code]);
    rest.remove_prefix(n);
  }
}

std::unique_ptr<DecodeStream> ByteLevelDecoder::stream() const { return std::make_unique<TokenwiseStream>(*this); }

void ByteLevelDecoder::append(Token id, std::string& out) const {
  switch (vocabulary_.type(id)) {
    case TokenType::control:
    case TokenType::user_defined:
    case TokenType::unknown:
      if (vocabulary_.decoded(id) == vocabulary_.text(id)) return void(out += vocabulary_.text(id));
      [[fallthrough]];
    default: append_unspelled(vocabulary_.decoded(id), out);
  }
}

}  // namespace ondol::text
