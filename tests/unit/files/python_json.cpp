#include "files/python_json.hpp"

#include <doctest/doctest.h>

using ondol::plain_json;

TEST_CASE("python json: words that are no JSON become null, texts stay") {
  CHECK(plain_json(R"({"a": [0.0, Infinity], "b": -Infinity, "c": NaN})") ==
        R"({"a": [0.0, null], "b": null, "c": null})");
  CHECK(plain_json(R"({"NaN": "Infinity \"NaN\" \\", "x": NaN})") == R"({"NaN": "Infinity \"NaN\" \\", "x": null})");
  CHECK(plain_json("") == "");
  CHECK(plain_json("\"\\") == "\"\\");
  CHECK(plain_json("InfinityInf") == "nullInf");
}
