#pragma once

#include <string_view>

namespace ondol::text {

/// Texts that show how a tokenizer cuts and rewrites ordinary text: two tokenizers that agree on them are taken for
/// one. None begins or ends with a blank, for there the ways of putting one in front differ that are alike elsewhere.
inline constexpr std::string_view probe_texts[] = {
    "I'll say DON'T, we've said it'S; she'D \"know\" (or not) -- they're O'Neill's.",
    "HelloWorld fooBar ABCdef iPhone's snake_case kebab-case x2y 3rd a1b22c333",
    "1 12 123 1234 12345 1234567 12345678901 3.14 1,000,000 50% $9.99 a1234b",
    "a  b   c    d\te\t\tf \t g\nh\n\ni \n j\r\nk\n\n\n  l   7  (",
    "end.\n\nstart !!!\n ...\n/usr/lib // **x** <|y|> ~`z` ^_^ {\"k\": [1]}\n\tdone",
    "for (int i = 0; i < 10; ++i) {\n    x[i] += f(i) * 2;  // twice\n\treturn a->b::c != 0x1F;\n}",
    "안녕하세요, 세계! 온돌은 따뜻합니다. 값이 없어요ㅋㅋㅋ ㅠㅠ 3월 14일 2시간 반",
    "日本語の文章です。カタカナとひらがな、漢字123。中文句子，标点！“引号”",
    "Café naïve Ünïcödé ÅNGSTRÖM straße ČĎĚ Ελληνικά Русский текст",
    "עברית العربية हिन्दी में ไทยภาษา ქართული",
    "ok 🙂👍🏽 👨‍👩‍👧 ❤️ 🇰🇷 → ≤ ∑ € © x",
};

/// A text that a normalizer to NFC changes.
inline constexpr std::string_view decomposed_text =
    "cafe\u0301 A\u030A \u1112\u1161\u11AB\u1100\u1173\u11AF o\u0323\u0302";

}  // namespace ondol::text
