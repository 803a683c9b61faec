#include <cstring>

#include "capi/client.hpp"

using namespace test;

TEST_CASE("a model tells its shape") {
  const auto model = load();
  CHECK(ondol_model_vocabulary(model.get()) == 512);
  CHECK(ondol_model_hidden_size(model.get()) == 64);
  CHECK(ondol_model_context(model.get()) == 512);
  const std::string info = text([&](auto** out, auto** error) { return ondol_model_info(model.get(), out, error); });
  for (const char* part : {R"("architecture":"llama")", R"("layers":5)", R"("kv_heads":4)", R"("parameters":260032)",
                           R"("has_tokenizer":true)", R"("has_chat_template":false)"}) {
    CAPTURE(part);
    CHECK(info.find(part) != std::string::npos);
  }
}

TEST_CASE("a file tells its contents and what it will take") {
  const std::string path = data("quantised/tiny-Q4_1.gguf").string();
  const std::string file = text([&](auto** out, auto** error) { return ondol_inspect(path.c_str(), -1, out, error); });
  CHECK(file.find(R"("key":"general.architecture","type":"string","value":"llama")") != std::string::npos);
  CHECK(file.find(R"("type":"Q4_1")") != std::string::npos);
  const std::string estimate =
      text([&](auto** out, auto** error) { return ondol_estimate(nullptr, path.c_str(), -1, nullptr, 0, out, error); });
  for (const char* key : {"weights_bytes", "position_bytes", "state_bytes", "scratch_bytes", "total_bytes"}) {
    CHECK(estimate.find(key) != std::string::npos);
  }
}

TEST_CASE("logits, embeddings and head agree with each other") {
  const auto model = load(stories(), R"({"precision":"exact","threads":1})");
  const Ids tokens = {1, 403, 407, 261};
  const auto all = make<ondol_tensor>(
      [&](auto** out, auto** error) { return ondol_model_logits(model.get(), tokens.data(), 4, out, error); });
  REQUIRE(ondol_tensor_rows(all.get()) == 4);
  REQUIRE(ondol_tensor_columns(all.get()) == 512);

  const auto sequence = cache(model.get());
  const auto pass = make<ondol_pass>([&](auto** out, auto** error) { return ondol_pass_new(model.get(), out, error); });
  const std::uint32_t wanted[] = {0, 2};
  std::int64_t step = -1;
  succeed([&](auto** error) {
    return ondol_pass_add(pass.get(), sequence.get(), tokens.data(), 4, ONDOL_LOGITS_POSITIONS | ONDOL_HIDDEN, wanted,
                          2, &step, error);
  });
  CHECK(step == 0);
  succeed([&](auto** error) { return ondol_pass_run(pass.get(), nullptr, error); });
  CHECK(length(sequence.get()) == 4);

  const float* rows = nullptr;
  std::int64_t count = 0, columns = 0;
  succeed([&](auto** error) { return ondol_pass_logits(pass.get(), 0, &rows, &count, &columns, error); });
  REQUIRE(count == 2);
  REQUIRE(columns == 512);
  CHECK(std::memcmp(rows, ondol_tensor_data(all.get()), 512 * sizeof(float)) == 0);
  CHECK(std::memcmp(rows + 512, ondol_tensor_data(all.get()) + 2 * 512, 512 * sizeof(float)) == 0);

  const float* hidden = nullptr;
  succeed([&](auto** error) { return ondol_pass_hidden(pass.get(), 0, &hidden, &count, &columns, error); });
  REQUIRE(count == 4);
  REQUIRE(columns == 64);
  const auto head = make<ondol_tensor>(
      [&](auto** out, auto** error) { return ondol_model_head(model.get(), hidden, 4, out, error); });
  CHECK(std::memcmp(ondol_tensor_data(head.get()), ondol_tensor_data(all.get()), 4 * 512 * sizeof(float)) == 0);

  const auto embedded = make<ondol_tensor>(
      [&](auto** out, auto** error) { return ondol_model_embed(model.get(), tokens.data(), 4, out, error); });
  CHECK(ondol_tensor_rows(embedded.get()) == 4);
  CHECK(ondol_tensor_columns(embedded.get()) == 64);
}

TEST_CASE("a pass over two sequences gives what each gives alone") {
  const auto model = load(data("quantised/tiny-Q4_1.gguf").string());
  const Ids a = {1, 102, 37, 64}, b = {5, 88};
  const auto alone_a = cache(model.get()), alone_b = cache(model.get());
  const std::vector<float> expected_a = last_logits(model.get(), alone_a.get(), a);
  const std::vector<float> expected_b = last_logits(model.get(), alone_b.get(), b);

  const auto first = cache(model.get()), second = cache(model.get());
  const auto pass = make<ondol_pass>([&](auto** out, auto** error) { return ondol_pass_new(model.get(), out, error); });
  const auto add = [&](ondol_cache* cache, const Ids& ids) {
    std::int64_t step = -1;
    succeed([&](auto** error) {
      return ondol_pass_add(pass.get(), cache, ids.data(), std::int64_t(ids.size()), ONDOL_LOGITS_LAST, nullptr, 0,
                            &step, error);
    });
    return step;
  };
  CHECK(add(second.get(), b) == 0);
  CHECK(add(first.get(), a) == 1);
  succeed([&](auto** error) { return ondol_pass_run(pass.get(), nullptr, error); });
  std::vector<float> row(expected_a.size());
  succeed(
      [&](auto** error) { return ondol_pass_copy_logits(pass.get(), 1, row.data(), std::int64_t(row.size()), error); });
  CHECK(row == expected_a);
  succeed(
      [&](auto** error) { return ondol_pass_copy_logits(pass.get(), 0, row.data(), std::int64_t(row.size()), error); });
  CHECK(row == expected_b);

  const auto small = outcome([&](auto** error) { return ondol_pass_copy_logits(pass.get(), 0, row.data(), 3, error); });
  CHECK(small.status == ONDOL_INVALID_ARGUMENT);
  CHECK(small.message.find("3") != std::string::npos);

  CHECK(add(first.get(), a) == 0);  // a new pass: the outputs of the last are gone
  const auto gone =
      outcome([&](auto** error) { return ondol_pass_copy_logits(pass.get(), 0, row.data(), 1000, error); });
  CHECK(gone.status == ONDOL_INVALID_ARGUMENT);
}

TEST_CASE("bad steps are refused and change nothing") {
  const auto model = load();
  const auto other = load(data("quantised/tiny-F32.gguf").string());
  const auto sequence = cache(model.get());
  const auto foreign = cache(other.get());
  const auto pass = make<ondol_pass>([&](auto** out, auto** error) { return ondol_pass_new(model.get(), out, error); });
  const auto run = [&](ondol_cache* cache, const Ids& ids, bool twice = false) {
    for (int i = 0; i <= int(twice); ++i) {
      succeed([&](auto** error) {
        return ondol_pass_add(pass.get(), cache, ids.data(), std::int64_t(ids.size()), ONDOL_LOGITS_LAST, nullptr, 0,
                              nullptr, error);
      });
    }
    return outcome([&](auto** error) { return ondol_pass_run(pass.get(), nullptr, error); });
  };
  CHECK(outcome([&](auto** error) { return ondol_pass_run(pass.get(), nullptr, error); }).status ==
        ONDOL_INVALID_ARGUMENT);
  for (const std::int32_t id : {-1, 512, 1'000'000'000}) {
    const Outcome result = run(sequence.get(), {1, id});
    CHECK(result.status == ONDOL_INVALID_ARGUMENT);
    CHECK(result.message.find(std::to_string(id)) != std::string::npos);
  }
  CHECK(run(sequence.get(), {1}, true).status == ONDOL_INVALID_ARGUMENT);
  CHECK(run(foreign.get(), {1}).status == ONDOL_MISMATCH);
  const Outcome full = run(sequence.get(), Ids(513, 1));
  CHECK(full.status == ONDOL_CONTEXT_FULL);
  CHECK(full.message.find("512") != std::string::npos);
  CHECK(length(sequence.get()) == 0);
  const auto empty = outcome([&](auto** error) {
    return ondol_pass_add(pass.get(), sequence.get(), nullptr, 0, ONDOL_LOGITS_LAST, nullptr, 0, nullptr, error);
  });
  CHECK(empty.status == ONDOL_INVALID_ARGUMENT);
  const std::int32_t one = 1;
  for (const std::int32_t want : {-1, 4, 32, 1 << 30}) {
    const auto wrong = outcome([&](auto** error) {
      return ondol_pass_add(pass.get(), sequence.get(), &one, 1, want, nullptr, 0, nullptr, error);
    });
    CHECK(wrong.status == ONDOL_INVALID_ARGUMENT);
  }
}

TEST_CASE("loading can be watched and stopped") {
  const auto control = make<ondol_control>([](auto** out, auto** error) { return ondol_control_new(out, error); });
  const std::string path = stories();
  const auto model = make<ondol_model>([&](auto** out, auto** error) {
    return ondol_model_load(nullptr, path.c_str(), -1, nullptr, 0, control.get(), out, error);
  });
  std::uint64_t done = 0, total = 0;
  succeed([&](auto** error) { return ondol_control_progress(control.get(), &done, &total, error); });
  CHECK(total > 0);
  CHECK(done == total);
  CHECK(ondol_control_cancelled(control.get()) == 0);

  succeed([&](auto** error) { return ondol_control_cancel(control.get(), error); });
  CHECK(ondol_control_cancelled(control.get()) == 1);
  ondol_model* none = nullptr;
  const auto stopped = outcome([&](auto** error) {
    return ondol_model_load(nullptr, path.c_str(), -1, nullptr, 0, control.get(), &none, error);
  });
  CHECK(stopped.status == ONDOL_CANCELLED);
  CHECK(none == nullptr);
}
