#include "capi/client.hpp"

extern "C" std::int32_t header_version_of_c();

TEST_CASE("version and names") {
  CHECK(header_version_of_c() == ondol_version_number());
  CHECK(std::string(ondol_version()) == "0.1.0");
  CHECK(std::string(ondol_status_name(ONDOL_BAD_FILE)) == "bad_file");
  CHECK(std::string(ondol_status_name(12345)) == "unknown");
  CHECK(std::string(ondol_finish_name(ONDOL_FINISH_EOS)) == "eos");
  CHECK(std::string(ondol_finish_name(-1)) == "unknown");
}

TEST_CASE("an error has code, text and offset; a success sets it to NULL") {
  auto* error = reinterpret_cast<ondol_error*>(8);  // whatever the caller's variable held
  ondol_prompt* prompt = nullptr;
  REQUIRE(ondol_prompt_text("x", 1, &prompt, &error) == ONDOL_OK);
  CHECK(error == nullptr);
  ondol_prompt_free(prompt);

  ondol_template* chat_template = nullptr;
  const test::Outcome broken =
      test::outcome([&](auto** e) { return ondol_template_new("{% if %}", -1, &chat_template, e); });
  CHECK(broken.status == ONDOL_TEMPLATE_ERROR);
  CHECK(!broken.message.empty());
  CHECK(broken.offset >= 0);
  CHECK(broken.offset <= 8);
  CHECK(chat_template == nullptr);
}

TEST_CASE("a size below -1 and a path with NUL inside are errors") {
  ondol_prompt* prompt = nullptr;
  const auto negative = test::outcome([&](auto** e) { return ondol_prompt_text("x", -2, &prompt, e); });
  CHECK(negative.status == ONDOL_INVALID_ARGUMENT);
  CHECK(negative.message == "ondol_prompt_text: text's size is -2, expected -1 or more");
  ondol_string* out = nullptr;
  const auto path = test::outcome([&](auto** e) { return ondol_inspect("a\0b", 3, &out, e); });
  CHECK(path.status == ONDOL_INVALID_ARGUMENT);
  const auto missing = test::outcome([&](auto** e) { return ondol_inspect("/no/such/file.gguf", -1, &out, e); });
  CHECK(missing.status == ONDOL_NOT_FOUND);
  CHECK(missing.message.find("/no/such/file.gguf") != std::string::npos);
}
