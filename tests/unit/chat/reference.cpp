#include <doctest/doctest.h>

#include "chat/cases.hpp"
#include "ondol/error.hpp"

using ondol::ChatTemplate;
using ondol::Json;

namespace {

/// An expected result: a text, or an error that must come.
void check_case(const std::string& source, const Json& inputs, const Json& expected) {
  const Json* error = expected.find("error");
  std::string text;
  std::string message;
  try {
    text = test::render(ChatTemplate(source), inputs).text;
  } catch (const ondol::Error& found) {
    REQUIRE(found.code() == ondol::Status::template_error);
    message = found.what();
  }
  if (!error) {
    CHECK(message == "");
    CHECK(text == *expected.at("text").as_string());
  } else if (*expected.at("kind").as_string() == "raise") {
    CHECK(message == *error->as_string());
  } else {
    CHECK(message != "");
  }
}

}  // namespace

TEST_CASE("chat templates: the same prompts as the reference, byte for byte" * doctest::skip(!test::has_data())) {
  const Json inputs = test::json("templates/inputs.json");
  const Json expected = test::json("templates/expected.json");
  std::size_t count = 0;
  for (const auto& [name, reference] : expected.at("templates").members()) {
    CAPTURE(name);
    const std::string source = test::read(test::data("templates/" + name + ".jinja"));
    for (const auto& [input, result] : reference.at("cases").members()) {
      CAPTURE(input);
      std::vector<Json::Member> variables;
      if (const Json* defaults = reference.find("defaults")) variables = defaults->members();
      for (const auto& member : inputs.at(input).members()) variables.push_back(member);
      for (const auto& member : reference.at("vars").members()) variables.push_back(member);
      check_case(source, Json::object(std::move(variables)),
                 result.is_string() ? Json::object({{"text", result}}) : result);
      ++count;
    }
  }
  CHECK(count == 1715);
}

TEST_CASE("jinja: the reference's snippets" * doctest::skip(!test::has_data())) {
  std::size_t count = 0;
  const Json snippets = test::json("templates/jinja_cases.json");
  for (const Json& snippet : snippets.at("cases").items()) {
    CAPTURE(*snippet.at("name").as_string());
    const Json* variables = snippet.find("vars");
    const Json* result = snippet.find("result");
    check_case(*snippet.at("template").as_string(), variables ? *variables : Json::object(),
               result ? Json::object({{"text", *result}}) : snippet);
    ++count;
  }
  CHECK(count == 163);
}
