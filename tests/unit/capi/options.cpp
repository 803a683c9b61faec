#include "capi/client.hpp"

using namespace test;

namespace {

Outcome try_generate(const ondol_model* model, const char* options) {
  const auto start = prompt("Once upon a time");
  ondol_generation* out = nullptr;
  const Outcome result = outcome([&](auto** error) {
    return ondol_model_generate(model, nullptr, start.get(), options, -1, nullptr, &out, error);
  });
  CHECK((out != nullptr) == (result.status == ONDOL_OK));
  ondol_generation_free(out);
  return result;
}

}  // namespace

TEST_CASE("every topic has a schema") {
  for (const char* topic : {"runtime", "load", "tokenizer", "render", "generate", "chat", "reply"}) {
    CAPTURE(topic);
    const std::string schema =
        text([&](auto** out, auto** error) { return ondol_options_schema(topic, -1, out, error); });
    CHECK(schema.front() == '{');
    CHECK(schema.find("\"type\"") != std::string::npos);
    CHECK(schema.find("\"doc\"") != std::string::npos);
  }
  ondol_string* out = nullptr;
  const auto unknown = outcome([&](auto** error) { return ondol_options_schema("genrate", -1, &out, error); });
  CHECK(unknown.status == ONDOL_INVALID_ARGUMENT);
  CHECK(unknown.message.find("generate") != std::string::npos);
}

TEST_CASE("what is wrong with options is said by key") {
  const auto model = load();
  struct Case {
    const char* options;
    const char* said;
  };
  for (const Case& c : std::initializer_list<Case>{
           {R"({"temprature":1})", "temperature"},
           {R"({"temperature":"hot"})", "temperature"},
           {R"({"temperature":-1})", "temperature"},
           {R"({"temperature":NaN})", ""},
           {R"({"temperature":1e60})", "temperature"},
           {R"({"top_p":1.5})", "top_p"},
           {R"({"top_k":-1})", "top_k"},
           {R"({"top_k":99999999999999999999})", "top_k"},
           {R"({"seed":18446744073709551616})", "seed"},
           {R"({"max_tokens":1.5})", "max_tokens"},
           {R"({"stop":"text"})", "stop"},
           {R"({"stop":[1]})", "stop"},
           {R"({"stop_ids":["a"]})", "stop_ids"},
           {R"({"stop_ids":[512]})", "512"},
           {R"({"stop_ids":[-1]})", "-1"},
           {R"({"banned_tokens":[1000000000]})", "1000000000"},
           {R"({"logit_bias":{"-1":2}})", "-1"},
           {R"({"logit_bias":{"x":2}})", "logit_bias"},
           {R"({"logit_bias":[[1]]})", "logit_bias"},
           {R"({"chain":[{"top_k":4,"top_p":0.5}]})", "chain"},
           {R"({"chain":[{"topk":4}]})", "top_k"},
           {R"({"chain":[{}]})", "chain"},
           {R"({"chain":[{"top_k":4}],"temperature":1})", "chain"},
           {R"([1])", "object"},
           {R"({"max_tokens":)", ""},
       }) {
    CAPTURE(c.options);
    const Outcome result = try_generate(model.get(), c.options);
    CHECK(result.status == ONDOL_INVALID_ARGUMENT);
    CAPTURE(result.message);
    CHECK(result.message.find(c.said) != std::string::npos);
  }
}

TEST_CASE("good options are taken") {
  const auto model = load();
  for (const char* options :
       {"", "{}", R"({"temperature":null})", R"({"seed":18446744073709551615,"temperature":0.5,"max_tokens":1})",
        R"({"chain":[{"greedy":true}],"max_tokens":1})",
        R"({"chain":[{"repetition_penalty":1.1,"penalty_last_n":64},{"top_k":40},{"temperature":0.7}],"seed":1})",
        R"({"logit_bias":{"5":-1.5},"banned_tokens":[7],"min_p":0.1,"typical_p":0.9,"no_repeat_ngram":3})",
        R"({"stop":["a","b"],"stop_ids":[5],"logprobs":0,"skip_special":false})"}) {
    CAPTURE(options);
    const Outcome result = try_generate(model.get(), options);
    CHECK_MESSAGE(result.status == ONDOL_OK, result.message);
  }
}

TEST_CASE("a chain of the customary steps draws what the flat options draw") {
  const auto model = load();
  const auto start = prompt("Once upon a time");
  const auto flat = generate(model.get(), start.get(), R"({"temperature":0.9,"top_k":20,"seed":7,"max_tokens":30})");
  const auto chain =
      generate(model.get(), start.get(), R"({"chain":[{"temperature":0.9},{"top_k":20}],"seed":7,"max_tokens":30})");
  CHECK(ids(finish(flat.get()).get()) == ids(finish(chain.get()).get()));
}

TEST_CASE("a runtime and options of one exclude each other") {
  const auto runtime = make<ondol_runtime>([&](auto** out, auto** error) {
    return ondol_runtime_new(R"({"threads":1})", -1, nullptr, nullptr, nullptr, nullptr, nullptr, out, error);
  });
  ondol_model* model = nullptr;
  const std::string path = stories();
  const auto both = outcome([&](auto** error) {
    return ondol_model_load(runtime.get(), path.c_str(), -1, R"({"threads":2})", -1, nullptr, &model, error);
  });
  CHECK(both.status == ONDOL_INVALID_ARGUMENT);
  CHECK(both.message.find("threads") != std::string::npos);
}
