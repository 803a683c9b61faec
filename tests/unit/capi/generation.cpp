#include <cmath>
#include <cstring>

#include "capi/client.hpp"

using namespace test;

TEST_CASE("a generation from text and one from ids agree, with tokens, timings and a seed") {
  const auto model = load();
  const auto from_text = generate(model.get(), prompt("Once upon a time").get(), R"({"max_tokens":12,"logprobs":2})");
  const auto result = finish(from_text.get());
  const auto from_ids = generate(model.get(), prompt(Ids{1, 403, 407, 261, 378}).get(), R"({"max_tokens":12})");
  CHECK(ids(finish(from_ids.get()).get()) == ids(result.get()));
  CHECK(ids(result.get()).size() == 12);
  CHECK(ondol_result_finish(result.get()) == ONDOL_FINISH_LENGTH);

  const ondol_piece* piece = ondol_result_piece(result.get());
  std::int32_t id = -1, best = -1;
  float logprob = 1, best_logprob = 1, entropy = -1;
  const char* bytes = nullptr;
  std::int64_t size = 0, count = 0;
  succeed([&](auto** e) { return ondol_piece_token(piece, 0, &id, &logprob, &entropy, &bytes, &size, e); });
  succeed([&](auto** e) { return ondol_piece_top_count(piece, 0, &count, e); });
  succeed([&](auto** e) { return ondol_piece_top(piece, 0, 0, &best, &best_logprob, nullptr, nullptr, e); });
  CHECK(count == 2);
  CHECK(id == best);  // greedy
  CHECK(logprob == best_logprob);
  CHECK(logprob <= 0);
  CHECK(entropy > 0);
  CHECK(std::string(bytes, std::size_t(size)).size() == std::size_t(size));
  CHECK(outcome([&](auto** e) {
          return ondol_piece_token(piece, 12, &id, nullptr, nullptr, nullptr, nullptr, e);
        }).status == ONDOL_INVALID_ARGUMENT);
  CHECK(outcome([&](auto** e) { return ondol_piece_top(piece, 0, 2, &id, nullptr, nullptr, nullptr, e); }).status ==
        ONDOL_INVALID_ARGUMENT);

  const std::string all = json(result.get());
  for (const char* part : {R"("finish":"length")", R"("prompt_tokens":5)", R"("generated_tokens":12)", R"("seed":)"}) {
    CAPTURE(part);
    CHECK(all.find(part) != std::string::npos);
  }
}

TEST_CASE("next after the end goes on to give nothing") {
  const auto model = load();
  const auto generation = generate(model.get(), prompt("Tim").get(), R"({"max_tokens":2})");
  (void)finish(generation.get());
  const ondol_piece* piece = reinterpret_cast<const ondol_piece*>(8);
  succeed([&](auto** error) { return ondol_generation_next(generation.get(), &piece, error); });
  CHECK(piece == nullptr);
}

TEST_CASE("a cut generation is continued as the whole one") {
  const auto model = load();
  const auto start = prompt("Once upon a time");
  const Ids whole = ids(finish(generate(model.get(), start.get(), R"({"max_tokens":20})").get()).get());
  const auto first = generate(model.get(), start.get(), R"({"max_tokens":8})");
  Ids joined = ids(finish(first.get()).get());
  const auto second = make<ondol_generation>([&](auto** out, auto** error) {
    return ondol_generation_continue(first.get(), R"({"max_tokens":12})", -1, nullptr, out, error);
  });
  for (const std::int32_t id : ids(finish(second.get()).get())) joined.push_back(id);
  CHECK(joined == whole);
}

TEST_CASE("more prompt goes behind what was generated") {
  const auto model = load();
  const auto generation = generate(model.get(), prompt("Once upon a time").get(), R"({"max_tokens":8})");
  Ids sequence = {1, 403, 407, 261, 378};
  const auto append = [&](const Ids& more) {
    const auto tokens = prompt(more);
    return outcome([&](auto** error) { return ondol_generation_append(generation.get(), tokens.get(), error); });
  };
  CHECK(append({326}).status == ONDOL_INVALID_ARGUMENT);  // it has not ended
  for (const std::int32_t id : ids(finish(generation.get()).get())) sequence.push_back(id);
  CHECK(append({-1}).status == ONDOL_INVALID_ARGUMENT);
  REQUIRE(append({326, 269}).status == ONDOL_OK);
  sequence.insert(sequence.end(), {326, 269});
  const auto fresh = generate(model.get(), prompt(sequence).get(), R"({"max_tokens":8})");
  CHECK(ids(finish(generation.get()).get()) == ids(finish(fresh.get()).get()));
}

TEST_CASE("a generation stands on a caller's cache and leaves it as it is") {
  const auto model = load();
  const auto sequence = cache(model.get());
  (void)last_logits(model.get(), sequence.get(), {1, 403, 407});
  const auto split = generate(model.get(), prompt(Ids{261, 378}).get(), R"({"max_tokens":10})", sequence.get());
  const auto whole = generate(model.get(), prompt(Ids{1, 403, 407, 261, 378}).get(), R"({"max_tokens":10})");
  CHECK(ids(finish(split.get()).get()) == ids(finish(whole.get()).get()));
  CHECK(length(sequence.get()) == 3);
  const auto after =
      make<ondol_cache>([&](auto** out, auto** error) { return ondol_generation_cache(split.get(), out, error); });
  CHECK(length(after.get()) == 5 + 10 - 1);
}

TEST_CASE("stop strings and stop ids end a reply") {
  const auto model = load();
  const auto start = prompt("Once upon a time");
  const auto stopped = finish(generate(model.get(), start.get(), R"({"max_tokens":60,"stop":["little girl"]})").get());
  CHECK(ondol_result_finish(stopped.get()) == ONDOL_FINISH_STOP);
  CHECK(text(stopped.get()).find("little girl") == std::string::npos);
  CHECK(json(stopped.get()).find(R"("stop":"little girl")") != std::string::npos);
  const auto kept = finish(
      generate(model.get(), start.get(), R"({"max_tokens":60,"stop":["little girl"],"include_stop":true})").get());
  CHECK(text(kept.get()) == text(stopped.get()) + "little girl");
}

TEST_CASE("a batch gives what each prompt gives alone") {
  const auto model = load();
  const auto a = prompt("Once upon a time"), b = prompt("Tim and Mia"), c = prompt(Ids{1});
  const ondol_prompt* prompts[] = {a.get(), b.get(), c.get()};
  ondol_result* results[3] = {};
  succeed([&](auto** error) {
    return ondol_model_generate_batch(model.get(), prompts, 3, R"({"max_tokens":15})", -1, nullptr, results, error);
  });
  for (int i = 0; i < 3; ++i) {
    const Owned<ondol_result> together(results[i]);
    const auto alone = finish(generate(model.get(), prompts[i], R"({"max_tokens":15})").get());
    CHECK(ids(together.get()) == ids(alone.get()));
  }
  ondol_result* untouched = reinterpret_cast<ondol_result*>(8);
  const auto empty = outcome([&](auto** error) {
    return ondol_model_generate_batch(model.get(), prompts, 0, nullptr, 0, nullptr, &untouched, error);
  });
  CHECK(empty.status == ONDOL_INVALID_ARGUMENT);
  CHECK(untouched == reinterpret_cast<ondol_result*>(8));
}

TEST_CASE("scores are log-likelihoods") {
  const auto model = load();
  const auto whole = prompt(Ids{1, 403, 407, 261, 378});
  const auto score = make<ondol_score>([&](auto** out, auto** error) {
    return ondol_model_score(model.get(), nullptr, whole.get(), nullptr, out, error);
  });
  REQUIRE(ondol_score_count(score.get()) == 4);
  REQUIRE(ondol_score_id_count(score.get()) == 5);
  CHECK(ondol_score_ids(score.get())[1] == 403);
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    const float nll = ondol_score_nll(score.get())[i];
    CHECK(nll >= 0);
    sum -= double(nll);
  }
  CHECK(ondol_score_sum(score.get()) == doctest::Approx(sum));
  CHECK(ondol_score_perplexity(score.get()) == doctest::Approx(std::exp(-sum / 4)));

  const auto condition = prompt(Ids{1, 403}), rest = prompt(Ids{407, 261, 378});
  const auto apart = make<ondol_score>([&](auto** out, auto** error) {
    return ondol_model_score(model.get(), condition.get(), rest.get(), nullptr, out, error);
  });
  REQUIRE(ondol_score_count(apart.get()) == 3);
  CHECK(std::memcmp(ondol_score_nll(apart.get()), ondol_score_nll(score.get()) + 1, 3 * sizeof(float)) == 0);
}

TEST_CASE("prompts that cannot be continued are refused with a reason") {
  const auto model = load();
  const auto refused = [&](const ondol_prompt* prompt) {
    ondol_generation* out = nullptr;
    const Outcome begun = outcome(
        [&](auto** e) { return ondol_model_generate(model.get(), nullptr, prompt, nullptr, 0, nullptr, &out, e); });
    if (begun.status != ONDOL_OK) return begun;
    const Owned<ondol_generation> generation(out);
    const ondol_piece* piece = nullptr;
    return outcome([&](auto** e) { return ondol_generation_next(generation.get(), &piece, e); });
  };
  CHECK(refused(prompt(Ids{}).get()).status == ONDOL_INVALID_ARGUMENT);
  CHECK(refused(prompt(Ids{-1}).get()).status == ONDOL_INVALID_ARGUMENT);
  CHECK(refused(prompt(Ids{512}).get()).status == ONDOL_INVALID_ARGUMENT);
  const Outcome full = refused(prompt(Ids(600, 1)).get());
  CHECK(full.status == ONDOL_CONTEXT_FULL);
  CHECK(full.message.find("600") != std::string::npos);
  CHECK(full.message.find("512") != std::string::npos);
}
