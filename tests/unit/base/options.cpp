#include "base/options.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "ondol/error.hpp"

using ondol::Json;
using ondol::OptionSpec;
using ondol::OptionType;

namespace {

constexpr std::string_view precisions[] = {"fast", "exact"};
const OptionSpec specs[] = {
    {.key = "threads",
     .type = OptionType::integer,
     .preset = 0,
     .min = 0,
     .max = 1024,
     .doc = "Threads; 0 = all cores"},
    {.key = "temperature", .type = OptionType::number, .preset = 1.0, .min = 0},
    {.key = "precision", .type = OptionType::string, .preset = "fast", .choices = precisions},
    {.key = "seed", .type = OptionType::integer, .preset = nullptr},
    {.key = "stop", .type = OptionType::array, .preset = Json::array({}), .max = 2},
    {.key = "verbose", .type = OptionType::boolean, .preset = false},
};

Json checked(std::string_view text) { return validate_options(Json::parse(text, "options"), specs, "test options"); }

}  // namespace

TEST_CASE("options: presets and values") {
  const Json json = checked(R"({"seed": 18446744073709551615, "temperature": 2, "verbose": null})");
  CHECK(option_integer(json, "threads") == 0);
  CHECK(option_number(json, "temperature") == 2.0);
  CHECK(option_text(json, "precision") == "fast");
  CHECK(option_count(json, "seed") == 18446744073709551615u);
  CHECK(option_flag(json, "verbose") == false);
  CHECK(validate_options(nullptr, specs, "test options").size() == 6);
  CHECK(option_if(checked("{}"), "seed") == nullptr);
}

TEST_CASE("options: an unknown key names the nearest known one") {
  CHECK_THROWS_WITH_AS((void)checked(R"({"temprature": 1})"),
                       "test options: unknown key \"temprature\"; did you mean \"temperature\"?", ondol::Error);
  CHECK_THROWS_WITH_AS((void)checked(R"({"sede": 1})"), doctest::Contains("did you mean \"seed\"?"), ondol::Error);
  CHECK_THROWS_WITH_AS((void)checked(R"({"qqqqqqqqqqqqqqqqqqqq": 1})"),
                       doctest::Contains("known are threads, temperature"), ondol::Error);
}

TEST_CASE("options: types and ranges") {
  CHECK_THROWS_WITH_AS((void)checked("[]"), "test options: found an array, expected an object", ondol::Error);
  CHECK_THROWS_WITH_AS((void)checked(R"({"threads": 1.5})"), "test options: \"threads\" is 1.5, expected an integer",
                       ondol::Error);
  CHECK_THROWS_WITH_AS((void)checked(R"({"threads": 1025})"), "test options: \"threads\" is 1025, expected 0 .. 1024",
                       ondol::Error);
  CHECK_THROWS_WITH_AS((void)checked(R"({"temperature": -0.5})"), doctest::Contains("expected at least 0"),
                       ondol::Error);
  CHECK_THROWS_WITH_AS((void)checked(R"({"precision": "high"})"), doctest::Contains("expected one of fast, exact"),
                       ondol::Error);
  CHECK_THROWS_WITH_AS((void)checked(R"({"stop": [1, 2, 3]})"), doctest::Contains("expected length at most 2"),
                       ondol::Error);
  CHECK_THROWS_AS((void)validate_options(Json::object({{"temperature", std::nan("")}}), specs, "t"), ondol::Error);
}

TEST_CASE("options: the schema is the table") {
  const Json schema = ondol::options_schema(specs);
  CHECK(schema.size() == 6);
  CHECK(*schema.at("threads").at("type").as_string() == "integer");
  CHECK(schema.at("threads").at("max").as_double() == 1024);
  CHECK(schema.at("precision").at("choices").size() == 2);
}
