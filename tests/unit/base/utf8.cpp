#include "base/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace std::string_literals;

TEST_CASE("utf8: every scalar value comes back, surrogates do not exist") {
  for (char32_t code = 0; code <= 0x110000; ++code) {
    std::string text;
    ondol::utf8_append(text, code);
    const bool scalar = code < 0xD800 || (code > 0xDFFF && code < 0x110000);
    const std::size_t length = ondol::utf8_length(text);
    REQUIRE(length == (scalar ? text.size() : 0));
    if (!scalar) continue;
    REQUIRE(ondol::utf8_decode(text, length) == code);
    for (std::size_t cut = 1; cut < length; ++cut) {
      REQUIRE(ondol::utf8_length(text.substr(0, cut)) == 0);
      REQUIRE(ondol::utf8_incomplete(text.substr(0, cut)));
    }
    REQUIRE_FALSE(ondol::utf8_incomplete(text));
  }
}

TEST_CASE("utf8: wrong sequences are found and repaired as Python does with errors=\"replace\"") {
  struct Case {
    std::string in, repaired;
  };
  const std::string r = "\xEF\xBF\xBD";
  for (const Case& c : {Case{"\xC0\xAF"s, r + r},                  // overlong '/'
                        Case{"\xE0\x80\x80"s, r + r + r},          // overlong, three bytes
                        Case{"\xED\xA0\x80"s, r + r + r},          // a surrogate
                        Case{"\xF4\x90\x80\x80"s, r + r + r + r},  // beyond U+10FFFF
                        Case{"a\xE2\x82"s, "a" + r},               // cut off
                        Case{"\xE2\x82z"s, r + "z"},               // broken off
                        Case{"\x80\xFF"s, r + r},                  // no start
                        Case{"\xF0\x9F\x98\x80\0\xF0\x9F"s, "\xF0\x9F\x98\x80\0"s + r}}) {
    CAPTURE(c.in);
    CHECK_FALSE(ondol::utf8_valid(c.in));
    CHECK(ondol::utf8_repair(c.in) == c.repaired);
    CHECK(ondol::utf8_valid(c.repaired));
    CHECK(ondol::utf8_repair(c.repaired) == c.repaired);
  }
  CHECK_FALSE(ondol::utf8_incomplete("\xC0"));
  CHECK_FALSE(ondol::utf8_incomplete("\xED\xA0"));
  CHECK_FALSE(ondol::utf8_incomplete("ab"));
  CHECK_FALSE(ondol::utf8_incomplete(""));
}
