#include "files/printable.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("printable: nothing that steers a terminal or breaks UTF-8 gets through") {
  CHECK(ondol::printable("plain 온돌") == "plain 온돌");
  CHECK(ondol::printable("a\nb\tc\x1b[2J\x7f") == "a\\nb\\tc\\x1b[2J\\x7f");
  CHECK(ondol::printable(std::string("\0\r", 2)) == "\\x00\\x0d");
  CHECK(ondol::printable("\xc2\x9b") == "\\x9b");  // a C1 control: the other way to write ESC [
  CHECK(ondol::printable("\xff\xe2\x82") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(ondol::printable("온돌", 6) == "온돌");
  CHECK(ondol::printable("온돌", 5) == "온...");
  CHECK(ondol::printable(std::string(1000, 'x')).size() == 99);
  CHECK(ondol::printable("").empty());
}

TEST_CASE("printable: a value of JSON, cut at a character") {
  CHECK(ondol::printable_json(ondol::Json::parse(R"({"a": [1, "온돌\n"]})", "t")) == R"({"a":[1,"온돌\n"]})");
  CHECK(ondol::printable_json("온돌", 5) == "\"온...");
}
