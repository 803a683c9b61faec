#include "text/normalize/normalizers.hpp"

#include <doctest/doctest.h>
#include <utf8proc.h>

#include <cstdlib>
#include <random>

#include "base/utf8.hpp"

using namespace ondol::text;

namespace {

std::string normal_form(const Normalizer& n, std::string_view text) {
  AlignedText aligned(text, false);
  n.apply(aligned);
  return aligned.text;
}

std::string library_nfc(const std::string& text) {
  utf8proc_uint8_t* out = utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
  const std::string result = reinterpret_cast<char*>(out);
  std::free(out);
  return result;
}

}  // namespace

TEST_CASE("nfc: letters of old scripts, and random sequences, as utf8proc") {
  // Newer characters are the reference tokenizers' business: tests/python/test_tokenizers_reference.py has all.
  constexpr std::pair<char32_t, char32_t> blocks[] = {{0x1, 0x58F},     {0x1100, 0x11FF}, {0x1E00, 0x1FFF},
                                                      {0x3000, 0x30FF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}};
  const UnicodeForm nfc(UnicodeForm::nfc);
  for (const auto& [first, last] : blocks) {
    for (char32_t c = first; c <= last; ++c) {
      for (const char32_t mark : {U'\0', U'\u0301', U'\u3099', U'\u11A8'}) {
        std::string text;
        ondol::utf8_append(text, c);
        if (mark != 0) ondol::utf8_append(text, mark);
        if (normal_form(nfc, text) != library_nfc(text))
          FAIL_CHECK("U+" << std::hex << unsigned(c) << " " << unsigned(mark));
      }
    }
  }
  const std::vector<char32_t> some = {U'a',      U'e',      U'\u00E9', U'\u0301',     U'\u0323', U'\u0302',
                                      U'\u1112', U'\u1161', U'\u11AB', U'\uAC00',     U'\u212B', U'\u0958',
                                      U'\u093C', U'\u0915', U'\u1E0A', U'\U0001D15E', U'\uFB1D', U'\u05B4',
                                      U'\u3099', U'\u304B', U'\u0345', U'\u03B1'};
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (unsigned n = random() % 9; n > 0; --n) ondol::utf8_append(text, some[random() % some.size()]);
    CAPTURE(text);
    if (normal_form(nfc, text) != library_nfc(text)) FAIL_CHECK("differs");
  }
}

TEST_CASE("nfc: wrong bytes and NUL are kept") {
  CHECK(normal_form(UnicodeForm(UnicodeForm::nfc),
                    "e\u0301\xFF"
                    "e\u0301\xE3\x81") == "\u00E9\xFF\u00E9\xE3\x81");
  CHECK(normal_form(UnicodeForm(UnicodeForm::nfc), std::string("\0e\u0301\0", 5)) == std::string("\0\u00E9\0", 4));
  CHECK(normal_form(UnicodeForm(UnicodeForm::nfc), "") == "");
}

TEST_CASE("normalizers: prefix, replacement, spaces") {
  CHECK(normal_form(Prepend(" "), "a") == " a");
  CHECK(normal_form(Prepend(" "), "") == "");
  CHECK(normal_form(Replace(" ", "\u2581"), " a  b") ==
        "\u2581"
        "a\u2581\u2581"
        "b");
  CHECK(normal_form(Replace("ab", ""), "xababy") == "xy");
  CHECK(normal_form(CollapseSpaces(), "  a   b c ") == "a b c");
  CHECK(normal_form(CollapseSpaces(), "   ") == "");
}
