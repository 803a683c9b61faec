#include "generate/stop_matcher.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "ondol/error.hpp"

using ondol::StopMatcher;

namespace {

using Strings = std::vector<std::string>;

/// `text` one byte at a time: what was given out after each byte, and at the end.
struct Fed {
  Strings out;
  std::string all;
  std::optional<std::size_t> stop;
};

Fed feed(StopMatcher& matcher, const Strings& parts) {
  Fed fed;
  for (const std::string& part : parts) {
    std::string out;
    fed.stop = matcher.add(part, StopMatcher::Shown::yes, true, out);
    fed.all += out;
    fed.out.push_back(out);
    if (fed.stop) return fed;
  }
  fed.all += matcher.flush();
  return fed;
}

Strings bytes_of(const std::string& text) {
  Strings parts;
  for (const char c : text) parts.emplace_back(1, c);
  return parts;
}

/// The plain definition: at which byte the first stop string is complete, and which (the longest of those).
struct Match {
  std::size_t end = std::string::npos;
  std::size_t stop = 0;
};
Match first_match(const std::string& text, const Strings& stops) {
  for (std::size_t end = 1; end <= text.size(); ++end) {
    Match match;
    for (std::size_t i = 0; i < stops.size(); ++i) {
      const bool found = stops[i].size() <= end && text.compare(end - stops[i].size(), stops[i].size(), stops[i]) == 0;
      if (found && (match.end == std::string::npos || stops[i].size() > stops[match.stop].size())) match = {end, i};
    }
    if (match.end != std::string::npos) return match;
  }
  return {};
}

/// Bytes at the end of `text` that begin a stop string: all that may be held back.
std::size_t held_back(const std::string& text, const Strings& stops) {
  for (std::size_t n = text.size(); n > 0; --n) {
    for (const std::string& stop : stops) {
      if (n < stop.size() && stop.compare(0, n, text, text.size() - n, n) == 0) return n;
    }
  }
  return 0;
}

}  // namespace

TEST_CASE("stop matcher: '[유저]:' is never given out, however the text was cut (T13)") {
  const std::string text = " 1809년입니다.\n[유저]: 고마워";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    CAPTURE(size);
    StopMatcher matcher({"[유저]:"});
    Strings parts;
    for (std::size_t i = 0; i < text.size(); i += size) parts.push_back(text.substr(i, size));
    const Fed fed = feed(matcher, parts);
    CHECK(fed.stop == 0);
    CHECK(fed.all == " 1809년입니다.\n");
    CHECK(matcher.flush() == "[유저]:");
  }
}

TEST_CASE("stop matcher: random streams give what the definition says, byte for byte") {
  std::mt19937 random(7);
  const auto letters = [&](std::size_t n) {
    std::string text;
    while (text.size() < n) text += static_cast<char>('a' + random() % 2);
    return text;
  };
  for (int round = 0; round < 3000; ++round) {
    Strings stops;
    for (std::size_t n = 1 + random() % 4; stops.size() < n;) stops.push_back(letters(2 + random() % 5));
    const std::string text = letters(random() % 24);
    CAPTURE(text);
    CAPTURE(stops[0]);
    const Match match = first_match(text, stops);
    StopMatcher matcher(stops);
    const Fed fed = feed(matcher, bytes_of(text));
    REQUIRE(fed.stop.has_value() == (match.end != std::string::npos));
    if (fed.stop) {
      CHECK(stops[*fed.stop] == stops[match.stop]);
      CHECK(fed.all == text.substr(0, match.end - stops[match.stop].size()));
    } else {
      CHECK(fed.all == text);
    }
    std::string given;
    const std::size_t steps = fed.stop ? match.end - 1 : text.size();
    for (std::size_t i = 0; i < steps; ++i) {
      given += fed.out[i];
      CHECK(given.size() == i + 1 - held_back(text.substr(0, i + 1), stops));
    }
  }
}

TEST_CASE("stop matcher: hidden bytes are matched but never given out") {
  StopMatcher matcher({"<end>", "x<"});
  std::string out;
  CHECK_FALSE(matcher.add("a<", StopMatcher::Shown::yes, true, out));
  CHECK(out == "a");
  CHECK_FALSE(matcher.add("<s>", StopMatcher::Shown::no, true, out));
  CHECK(out == "a<");
  CHECK(matcher.add("b<end>c", StopMatcher::Shown::no, true, out) == 0);
  CHECK(out == "a<");
  CHECK(matcher.flush().empty());
}

TEST_CASE("stop matcher: while it may not stop, a stop string passes as text and later ones are still found") {
  StopMatcher matcher({"ab", "abc", "bd"});
  std::string out;
  CHECK_FALSE(matcher.add("xab", StopMatcher::Shown::yes, false, out));
  CHECK(out == "x");
  CHECK(matcher.add("c", StopMatcher::Shown::yes, true, out) == 1);
  CHECK(out == "x");
  CHECK(matcher.flush() == "abc");
  CHECK_FALSE(matcher.add("abc", StopMatcher::Shown::yes, false, out = ""));
  CHECK(out == "abc");
  CHECK_FALSE(matcher.add("ab", StopMatcher::Shown::yes, false, out = ""));
  CHECK(matcher.add("d", StopMatcher::Shown::yes, true, out) == 2);
  CHECK(out == "a");
}

TEST_CASE("stop matcher: an empty string or one that is no UTF-8 is an error that says which") {
  CHECK_THROWS_WITH_AS(StopMatcher({"a", ""}), "stop: string 1 is empty", ondol::Error);
  CHECK_THROWS_WITH_AS(StopMatcher({"\xEC\x98"}), "stop: string 0 is not UTF-8", ondol::Error);
}

TEST_CASE("stop matcher: a long stop string and a long stream take linear time") {
  const std::string almost(100'000, 'a');
  StopMatcher matcher({almost + "b"});
  std::string out;
  for (int i = 0; i < 50; ++i) CHECK_FALSE(matcher.add(almost, StopMatcher::Shown::yes, true, out));
  CHECK(out.size() == 49 * almost.size());
}
