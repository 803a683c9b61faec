#include <algorithm>
#include <filesystem>

#include "capi/client.hpp"

using namespace test;

namespace {

Owned<ondol_tokenizer> vocabulary() {
  const std::string path = stories();
  return make<ondol_tokenizer>(
      [&](auto** out, auto** error) { return ondol_tokenizer_load(path.c_str(), -1, nullptr, 0, out, error); });
}

Ids encode(const ondol_tokenizer* tokenizer, std::string_view text, std::int32_t flags,
           const std::vector<std::int64_t>& plain = {}) {
  const auto tokens = make<ondol_tokens>([&](auto** out, auto** error) {
    return ondol_tokenizer_encode(tokenizer, text.data(), std::int64_t(text.size()), flags, plain.data(),
                                  std::int64_t(plain.size() / 2), out, error);
  });
  return {ondol_tokens_data(tokens.get()), ondol_tokens_data(tokens.get()) + ondol_tokens_count(tokens.get())};
}

std::string decode(const ondol_tokenizer* tokenizer, const Ids& ids, std::int32_t flags = 0) {
  return text([&](auto** out, auto** error) {
    return ondol_tokenizer_decode(tokenizer, ids.data(), std::int64_t(ids.size()), flags, out, error);
  });
}

}  // namespace

TEST_CASE("text to ids and back") {
  const auto model = load();
  const auto own = vocabulary();
  const auto of_model =
      make<ondol_tokenizer>([&](auto** out, auto** error) { return ondol_model_tokenizer(model.get(), out, error); });
  for (const ondol_tokenizer* tokenizer : {own.get(), of_model.get()}) {
    CHECK(ondol_tokenizer_size(tokenizer) == 512);
    CHECK(ondol_tokenizer_special(tokenizer, ONDOL_BOS) == 1);
    CHECK(ondol_tokenizer_special(tokenizer, ONDOL_EOS) == 2);
    CHECK(ondol_tokenizer_special(tokenizer, 77) == -1);
    CHECK(encode(tokenizer, "Once upon a time", ONDOL_ADD_SPECIAL) == Ids{1, 403, 407, 261, 378});
    CHECK(encode(tokenizer, "Once upon a time", 0) == Ids{403, 407, 261, 378});
    CHECK(encode(tokenizer, "", 0) == Ids{});
    CHECK(decode(tokenizer, {403, 407, 261, 378}) == "Once upon a time");
    CHECK(decode(tokenizer, {}) == "");
  }
}

TEST_CASE("control tokens are read where asked and never in plain ranges") {
  const auto tokenizer = vocabulary();
  const Ids parsed = encode(tokenizer.get(), "</s>", ONDOL_PARSE_SPECIAL);
  CHECK(parsed.back() == 2);
  for (const Ids& plain :
       {encode(tokenizer.get(), "</s>", 0), encode(tokenizer.get(), "</s>", ONDOL_PARSE_SPECIAL, {0, 4})}) {
    for (const std::int32_t id : plain) CHECK(id != 2);
  }
  CHECK(decode(tokenizer.get(), {403, 2}, ONDOL_SKIP_SPECIAL) == "Once");
  ondol_tokens* out = nullptr;
  for (const std::vector<std::int64_t>& wrong : {std::vector<std::int64_t>{0, 5}, {3, 1}, {-1, 2}}) {
    CHECK(outcome([&](auto** error) {
            return ondol_tokenizer_encode(tokenizer.get(), "</s>", 4, ONDOL_PARSE_SPECIAL, wrong.data(), 1, &out,
                                          error);
          }).status == ONDOL_INVALID_ARGUMENT);
  }
  CHECK(outcome([&](auto** error) {
          return ondol_tokenizer_encode(tokenizer.get(), "a", 1, 64, nullptr, 0, &out, error);
        }).status == ONDOL_INVALID_ARGUMENT);
}

TEST_CASE("single tokens") {
  const auto tokenizer = vocabulary();
  std::int32_t id = 0, kind = 0;
  succeed([&](auto** error) { return ondol_tokenizer_find(tokenizer.get(), "</s>", -1, &id, error); });
  CHECK(id == 2);
  succeed([&](auto** error) { return ondol_tokenizer_token_kind(tokenizer.get(), id, &kind, error); });
  CHECK(kind == (ONDOL_TOKEN_CONTROL | ONDOL_TOKEN_END));
  succeed([&](auto** error) { return ondol_tokenizer_find(tokenizer.get(), "no such token", -1, &id, error); });
  CHECK(id == -1);
  const auto token_text = [&](std::int32_t token) {
    return text([&](auto** out, auto** e) { return ondol_tokenizer_token_text(tokenizer.get(), token, out, e); });
  };
  const auto token_bytes = [&](std::int32_t token) {
    return text([&](auto** out, auto** e) { return ondol_tokenizer_token_bytes(tokenizer.get(), token, out, e); });
  };
  CHECK(token_text(261) == "▁a");
  CHECK(token_bytes(261) == " a");
  CHECK(token_text(3 + 0xEC) == "<0xEC>");
  CHECK(token_bytes(3 + 0xEC) == "\xEC");
  ondol_string* out = nullptr;
  for (const std::int32_t wrong : {-5, 512, 1'000'000'000}) {
    const Ids list = {1, wrong};
    CHECK(outcome([&](auto** e) { return ondol_tokenizer_token_text(tokenizer.get(), wrong, &out, e); }).status ==
          ONDOL_INVALID_ARGUMENT);
    CHECK(outcome([&](auto** e) { return ondol_tokenizer_token_bytes(tokenizer.get(), wrong, &out, e); }).status ==
          ONDOL_INVALID_ARGUMENT);
    CHECK(outcome([&](auto** e) { return ondol_tokenizer_token_kind(tokenizer.get(), wrong, &kind, e); }).status ==
          ONDOL_INVALID_ARGUMENT);
    CHECK(outcome([&](auto** e) {
            return ondol_tokenizer_decode(tokenizer.get(), list.data(), 2, 0, &out, e);
          }).status == ONDOL_INVALID_ARGUMENT);
  }
}

TEST_CASE("a stream gives whole characters and loses nothing") {
  const auto tokenizer = vocabulary();
  const auto stream = make<ondol_detokenizer>(
      [&](auto** out, auto** error) { return ondol_detokenizer_new(tokenizer.get(), 0, out, error); });
  const char* data = nullptr;
  std::int64_t size = 0;
  const auto add = [&](std::int32_t id) {
    succeed([&](auto** error) { return ondol_detokenizer_add(stream.get(), id, &data, &size, error); });
    return std::string(data, static_cast<std::size_t>(size));
  };
  CHECK(add(3 + 0xEC) == "");  // 온, in bytes
  CHECK(add(3 + 0x98) == "");
  succeed([&](auto** error) { return ondol_detokenizer_pending(stream.get(), &data, &size, error); });
  CHECK(std::string(data, static_cast<std::size_t>(size)) == "\xEC\x98");
  CHECK(add(3 + 0xA8) == "온");
  CHECK(add(3 + 0xEC) == "");
  succeed([&](auto** error) { return ondol_detokenizer_flush(stream.get(), &data, &size, error); });
  CHECK(std::string(data, static_cast<std::size_t>(size)) == "\uFFFD");
}

TEST_CASE("a template renders messages and marks what is not its own") {
  const auto jinja = make<ondol_template>([&](auto** out, auto** error) {
    return ondol_template_new("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{{ extra }}", -1, out,
                              error);
  });
  const auto rendered = make<ondol_rendered>([&](auto** out, auto** error) {
    return ondol_template_render(jinja.get(), R"([{"role":"user","content":"hi"}])", -1,
                                 R"({"variables":{"extra":"!"}})", -1, out, error);
  });
  const std::string all(ondol_rendered_text(rendered.get()), std::size_t(ondol_rendered_size(rendered.get())));
  CHECK(all == "<user>hi!");
  std::string marked;
  for (std::int64_t i = 0; i < ondol_rendered_content_count(rendered.get()); ++i) {
    const std::int64_t* range = ondol_rendered_content(rendered.get()) + 2 * i;
    marked += all.substr(std::size_t(range[0]), std::size_t(range[1] - range[0]));
  }
  CHECK(marked == "userhi!");
  ondol_rendered* out = nullptr;
  CHECK(outcome([&](auto** error) {
          return ondol_template_render(jinja.get(), "{not json", -1, nullptr, 0, &out, error);
        }).status == ONDOL_INVALID_ARGUMENT);
}

TEST_CASE("a template gives ids: control tokens of content are text, the start token stands in front once") {
  const auto tokenizer = vocabulary();
  const auto jinja = make<ondol_template>([&](auto** out, auto** error) {
    return ondol_template_new("{{ bos_token }}{{ messages[0].content }}{{ eos_token }}", -1, out, error);
  });
  const auto encode = [&](const char* content, const char* options) {
    const std::string messages = R"([{"role":"user","content":")" + std::string(content) + "\"}]";
    const auto ids = make<ondol_tokens>([&](auto** out, auto** error) {
      return ondol_template_encode(jinja.get(), tokenizer.get(), messages.c_str(), -1, options, -1, out, error);
    });
    return Ids(ondol_tokens_data(ids.get()), ondol_tokens_data(ids.get()) + ondol_tokens_count(ids.get()));
  };
  CHECK(encode("", nullptr) == Ids{1, 2});
  const Ids safe = encode("a</s>", nullptr);
  CHECK(std::count(safe.begin(), safe.end(), 1) == 1);
  CHECK(std::count(safe.begin(), safe.end(), 2) == 1);
  const Ids open = encode("a</s>", R"({"parse_content":true})");
  CHECK(std::count(open.begin(), open.end(), 2) == 2);

  const auto failed = [&](const char* messages, const char* options) {
    ondol_tokens* out = nullptr;
    return outcome([&](auto** error) {
      return ondol_template_encode(jinja.get(), tokenizer.get(), messages, -1, options, -1, &out, error);
    });
  };
  CHECK(failed("{}", nullptr).status == ONDOL_INVALID_ARGUMENT);
  CHECK(failed("[]", R"({"max_step":1})").message.find("max_steps") != std::string::npos);
  for (const char* limit : {R"({"max_steps":2})", R"({"max_output":2})"}) {
    CAPTURE(limit);
    const Outcome over = failed(R"([{"content":"xxx"}])", limit);
    CHECK(over.status == ONDOL_TEMPLATE_ERROR);
    CHECK(over.message.find("more than 2 ") != std::string::npos);
  }
}

TEST_CASE("plain formats by name") {
  const auto format =
      make<ondol_template>([&](auto** out, auto** error) { return ondol_template_named("alpaca", -1, out, error); });
  const auto rendered = make<ondol_rendered>([&](auto** out, auto** error) {
    return ondol_template_render(format.get(), R"([{"role":"user","content":"hi"}])", -1, nullptr, 0, out, error);
  });
  const std::string all(ondol_rendered_text(rendered.get()), std::size_t(ondol_rendered_size(rendered.get())));
  CHECK(all.find("### Instruction:\nhi\n\n### Response:\n") != std::string::npos);
  ondol_template* out = nullptr;
  const Outcome unknown = outcome([&](auto** error) { return ondol_template_named("alpace", -1, &out, error); });
  CHECK(unknown.status == ONDOL_INVALID_ARGUMENT);
  CHECK(unknown.message.find("known are alpaca, chatml") != std::string::npos);
}

TEST_CASE("encodings of pairs, graphemes" * doctest::skip(!std::filesystem::is_directory(ONDOL_TEST_DATA))) {
  const std::string folder = std::string(ONDOL_TEST_DATA) + "/tokenizers/bert-uncased";
  const auto tokenizer = make<ondol_tokenizer>(
      [&](auto** out, auto** error) { return ondol_tokenizer_load(folder.c_str(), -1, nullptr, 0, out, error); });
  const auto encoding = make<ondol_string>([&](auto** out, auto** error) {
    return ondol_tokenizer_encoding(tokenizer.get(), "hello", -1, "world", -1, ONDOL_ADD_SPECIAL, out, error);
  });
  const std::string json(ondol_string_data(encoding.get()), std::size_t(ondol_string_size(encoding.get())));
  CHECK(json.find("\"offsets\":[[0,0],[0,1],[1,3],[3,5],[0,0],") != std::string::npos);
  CHECK(json.find("\"type_ids\":[0,0,0,0,0,1,") != std::string::npos);

  const auto stream = make<ondol_detokenizer>(
      [&](auto** out, auto** error) { return ondol_detokenizer_new(tokenizer.get(), ONDOL_GRAPHEMES, out, error); });
  const char* text = nullptr;
  std::int64_t size = 0;
  std::int32_t id = -1;
  REQUIRE(ondol_tokenizer_find(tokenizer.get(), "h", -1, &id, nullptr) == ONDOL_OK);
  REQUIRE(ondol_detokenizer_add(stream.get(), id, &text, &size, nullptr) == ONDOL_OK);
  CHECK(size == 0);  // a mark may follow
  REQUIRE(ondol_detokenizer_flush(stream.get(), &text, &size, nullptr) == ONDOL_OK);
  CHECK(std::string(text, std::size_t(size)) == "h");
}
