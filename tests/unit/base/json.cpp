#include "base/json.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "ondol/error.hpp"

using ondol::Json;
using ondol::JsonStyle;

TEST_CASE("json: kinds and lookups") {
  const Json json = Json::parse(R"({"a": [1, 2.5, "x", true, null], "b": {"c": -7}, "a b": ""})", "test");
  CHECK(json.size() == 3);
  CHECK(json.at("a").at(0).as_int64() == 1);
  CHECK(json.at("a").at(1).as_double() == 2.5);
  CHECK(*json.at("a").at(2).as_string() == "x");
  CHECK(json.at("a").at(3).as_bool() == true);
  CHECK(json.at("a").at(4).is_null());
  CHECK(json.at("b").at("c").as_int64() == -7);
  CHECK_FALSE(json.at("b").at("c").as_uint64());
  CHECK(json.find("nope") == nullptr);
  CHECK(json.at("a").find("c") == nullptr);
  CHECK_THROWS_AS((void)json.at("nope"), ondol::Error);
  CHECK_THROWS_AS((void)json.at("a").at(5), ondol::Error);
  CHECK(json.members()[2].first == "a b");
}

TEST_CASE("json: integers are exact") {
  const Json json = Json::parse("[18446744073709551615, -9223372036854775808, 18446744073709551616, -0, 1e2]", "test");
  CHECK(json.at(0).as_uint64() == std::numeric_limits<std::uint64_t>::max());
  CHECK_FALSE(json.at(0).as_int64());
  CHECK(json.at(1).as_int64() == std::numeric_limits<std::int64_t>::min());
  CHECK(json.at(2).digits() == "18446744073709551616");
  CHECK_FALSE(json.at(2).as_uint64());
  CHECK(json.at(2).as_double() == 18446744073709551616.0);
  CHECK(json.at(4).kind() == Json::Kind::number);
  CHECK(json.dump() == "[18446744073709551615,-9223372036854775808,18446744073709551616,0,100.0]");
}

TEST_CASE("json: scalars at the top") {
  CHECK(Json::parse(" 12 ", "t").as_int64() == 12);
  CHECK(Json::parse("123456789012345678901234567890", "t").digits() == "123456789012345678901234567890");
  CHECK(*Json::parse("\"a\\nb\"", "t").as_string() == "a\nb");
  CHECK(Json::parse("null", "t").is_null());
  CHECK(Json::parse("false", "t").as_bool() == false);
  CHECK(Json::parse("2.50", "t").as_double() == 2.5);
}

TEST_CASE("json: strings") {
  CHECK(*Json::parse(R"("\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t")", "t").as_string() == "é😀\"\\/\b\f\n\r\t");
  CHECK(*Json::parse(R"("a\ud800b\udc00")", "t").as_string() == "a\uFFFDb\uFFFD");
  CHECK(*Json::parse(R"("\ud800\u0041")", "t").as_string() == "\uFFFDA");
  CHECK(*Json::parse("\"a\xff\"", "t").as_string() == "a\uFFFD");
  CHECK(*Json("a\xe2\x82").as_string() == "a\uFFFD");
  CHECK(Json::parse(R"({"\u0061": 1})", "t").at("a").as_int64() == 1);
  CHECK(Json::parse(R"("a\u0000b")", "t").as_string()->size() == 3);
}

TEST_CASE("json: the last of equal keys counts") {
  CHECK(Json::parse(R"({"a": 1, "b": 2, "a": 3})", "t").dump() == R"({"a":3,"b":2})");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\": " + std::to_string(i) + ", ";
  const Json json = Json::parse(many + "\"k7\": \"again\"}", "t");
  CHECK(json.size() == 100);
  CHECK(*json.at("k7").as_string() == "again");
  CHECK(json.at("k99").as_int64() == 99);
  CHECK(json.find("k100") == nullptr);
}

TEST_CASE("json: malformed text is an error that names it") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[1,]",
                           "[1 2]",
                           "{\"a\":1,}",
                           "{\"a\" 1}",
                           "{a: 1}",
                           "{1: 2}",
                           "nul",
                           "nulll",
                           "tru",
                           "01",
                           "1.",
                           ".5",
                           "+1",
                           "-",
                           "1e",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "[1] 2",
                           "1 2",
                           "\"a\nb\"",
                           "[1",
                           "{\"a\"",
                           "{\"a\":",
                           "[,1]",
                           "{,}",
                           "NaN",
                           "Infinity",
                           "1e999",
                           "[\"a\" \"b\"]",
                           "\"a\" \"b\"",
                           "true false",
                           "[]]",
                           "{}}",
                           "0x10",
                           "[-01]",
                           "--1"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(Json::parse(text, "settings"), doctest::Contains("settings: not valid JSON"), ondol::Error);
  }
  try {
    (void)Json::parse("[1, x]", "t");
    FAIL("not reached");
  } catch (const ondol::Error& error) {
    CHECK(error.code() == ondol::Status::invalid_argument);
    CHECK(error.offset() == 4);
  }
}

TEST_CASE("json: depth has a limit") {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  CHECK(Json::parse(nested(256), "t").size() == 1);
  CHECK_THROWS_AS(Json::parse(nested(257), "t"), ondol::Error);
  CHECK_THROWS_AS(Json::parse(nested(1'000'000), "t"), ondol::Error);
  CHECK_THROWS_AS(Json::parse(std::string(1'000'000, '['), "t"), ondol::Error);
}

TEST_CASE("json: floats as Python writes them") {
  const std::pair<double, const char*> cases[] = {
      {1.0, "1.0"},          {0.1, "0.1"},
      {1e16, "1e+16"},       {1e15, "1000000000000000.0"},
      {1e-4, "0.0001"},      {1e-5, "1e-05"},
      {1.5e300, "1.5e+300"}, {123456.789, "123456.789"},
      {-0.0, "-0.0"},        {5e-324, "5e-324"},
      {1e22, "1e+22"},       {9007199254740993.0, "9007199254740992.0"},
      {0.00012, "0.00012"},  {1.7976931348623157e308, "1.7976931348623157e+308"}};
  for (const auto& [value, text] : cases) CHECK(ondol::float_repr(value) == text);
  CHECK(ondol::float_repr(HUGE_VAL) == "inf");
  CHECK(Json(HUGE_VAL).dump() == "Infinity");
}

TEST_CASE("json: styles of json.dumps") {
  const Json json =
      Json::object({{"b", Json::array({1, 2.0, nullptr, true})}, {"a", "é😀\x7f\x01"}, {"", Json::object()}});
  CHECK(json.dump() == "{\"b\":[1,2.0,null,true],\"a\":\"é😀\x7f\\u0001\",\"\":{}}");
  JsonStyle style = JsonStyle::python();
  style.ascii = true, style.sort_keys = true;
  CHECK(json.dump(style) == "{\"\": {}, \"a\": \"\\u00e9\\ud83d\\ude00\\u007f\\u0001\", \"b\": [1, 2.0, null, true]}");
  JsonStyle lines{.item_separator = ",", .key_separator = ": ", .indent = "  "};
  CHECK(Json::parse(R"({"a": [1, {"b": []}], "c": {}})", "t").dump(lines) ==
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}

TEST_CASE("json: equality") {
  CHECK(Json::parse(R"({"a": 1, "b": [2]})", "t") == Json::parse(R"({"b": [2], "a": 1})", "t"));
  CHECK_FALSE(Json(1) == Json(1.0));
  CHECK_FALSE(Json::parse("[1, 2]", "t") == Json::parse("[2, 1]", "t"));
  CHECK_FALSE(Json(true) == Json(1));
  CHECK(Json::integer("00123") == Json(123));
}

TEST_CASE("json: what is dumped parses to the same value") {
  const Json json = Json::parse(R"([{"x": [-1, 0.25, "\u0007\"", {"y": null}]}, 1e-300, 18446744073709551615])", "t");
  CHECK(Json::parse(json.dump(), "t") == json);
  CHECK(Json::parse(json.dump(JsonStyle::python()), "t") == json);
}

TEST_CASE("json: as many values as are allowed") {
  CHECK(Json::parse("[1,[2,3],4]", "t", 5).size() == 3);
  CHECK_THROWS_WITH_AS(Json::parse("[1,[2,3],4]", "t", 4), doctest::Contains("t: not valid JSON at byte 9: more than 4 values"),
                       ondol::Error);
  CHECK_THROWS_AS(Json::parse(R"({"a":{"b":{}}})", "t", 1), ondol::Error);
}

TEST_CASE("json: an object member by member") {
  const auto members = [](std::string_view text, std::string_view inside = "", std::size_t most = 100) {
    std::string out;
    const bool found = Json::each_member(text, "t", inside, most, [&](const std::string& key, const Json& value) {
      out += key + "=" + value.dump() + ";";
    });
    return found ? out : "none";
  };
  CHECK(members(R"( {"a": [1, {"b": null}], "\u0063": "x", "a": 2} )") == R"(a=[1,{"b":null}];c="x";a=2;)");
  CHECK(members("{}").empty());
  CHECK(members("[1]") == "none");
  CHECK(members("7") == "none");
  CHECK(members(R"({"x": [1], "in": {"a": 1, "b": {"in": 2}}, "y": 2})", "in") == R"(a=1;b={"in":2};)");
  CHECK(members(R"({"x": {"in": {}}})", "in") == "none");
  CHECK(members(R"({"in": []})", "in") == "none");
  CHECK(members(R"({"a": [1, 2], "b": [1, 2]})", "", 2) == "a=[1,2];b=[1,2];");  // of one member each
  CHECK_THROWS_WITH_AS(members(R"({"a": [1, 2, 3]})", "", 2), doctest::Contains("more than 2 values"), ondol::Error);
  CHECK_THROWS_AS(members(R"({"x": [1, 2, 3], "in": {}})", "in", 2), ondol::Error);
  for (const char* text : {"", "{", "{\"a\"}", "{\"a\":1,}", "{\"a\":1}}", "{\"a\":tru}", "{\"in\":{\"a\":1}", "{\"\xff\":1}"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(members(text), doctest::Contains("t: not valid JSON"), ondol::Error);
    CHECK_THROWS_WITH_AS(members(text, "in"), doctest::Contains("t: not valid JSON"), ondol::Error);
  }
}
