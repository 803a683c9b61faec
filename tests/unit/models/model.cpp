#include "ondol/model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "files/allocations.hpp"
#include "models/tiny_model.hpp"
#include "ondol/error.hpp"
#include "ondol/sampler.hpp"
#include "runtime/cpu.hpp"
#include "temp.hpp"

namespace {

using namespace ondol;

std::vector<Token> some_ids(std::size_t count, std::size_t vocabulary, unsigned seed = 1) {
  std::vector<Token> ids(count);
  std::mt19937 random(seed);
  for (Token& id : ids) id = static_cast<Token>(random() % vocabulary);
  return ids;
}

Model load(const test::TinyModel& tiny, LoadOptions options = {}) {
  const test::MemoryFile file(tiny.writer().bytes());
  return Model::load(file.path(), options);
}

void expect_error(const test::GgufWriter& writer, Status code, const std::string& text) {
  const test::MemoryFile file(writer.bytes());
  CAPTURE(text);
  try {
    (void)Model::load(file.path());
    FAIL("loaded");
  } catch (const Error& e) {
    CAPTURE(e.what());
    CHECK(e.code() == code);
    CHECK(std::string(e.what()).find(text) != std::string::npos);
  }
}

test::GgufWriter without(test::GgufWriter writer, const std::string& name) {
  std::erase_if(writer.keys, [&](const auto& key) { return key.first == name; });
  std::erase_if(writer.tensors, [&](const auto& tensor) { return tensor.name == name; });
  return writer;
}

}  // namespace

TEST_CASE("model: hyper-parameters are held against the tensors before any is read") {
  const test::TinyModel tiny;
  const test::GgufWriter good = tiny.writer();
  const auto with = [&](const char* key, auto value) {
    test::GgufWriter writer = without(good, key);
    writer.add(key, value);
    return writer;
  };
  expect_error(without(good, "general.architecture"), Status::bad_file, "general.architecture");
  expect_error(with("general.architecture", "orca"), Status::unsupported, "'orca'");
  expect_error(without(good, "llama.block_count"), Status::bad_file, "llama.block_count is missing");
  expect_error(with("llama.block_count", 0u), Status::bad_file, "llama.block_count is 0");
  expect_error(with("llama.block_count", 100'000u), Status::bad_file, "llama.block_count is 100000");
  expect_error(with("llama.block_count", 3u), Status::bad_file, "blk.2.attn_norm.weight is missing");
  expect_error(with("llama.block_count", 1u), Status::unsupported, "blk.1.");
  expect_error(with("llama.block_count", "two"), Status::bad_file, "llama.block_count");
  expect_error(with("llama.attention.head_count", 0u), Status::bad_file, "head_count is 0");
  expect_error(with("llama.attention.head_count", 5u), Status::bad_file, "do not share");
  expect_error(with("llama.attention.head_count", 8u), Status::bad_file, "attn_k.weight has shape");
  expect_error(with("llama.embedding_length", 65u), Status::bad_file, "has shape [64, 100]");
  expect_error(with("llama.feed_forward_length", 97u), Status::bad_file, "ffn_gate.weight has shape");
  expect_error(with("llama.attention.layer_norm_rms_epsilon", std::nanf("")), Status::bad_file, "epsilon");
  expect_error(with("llama.rope.dimension_count", 7u), Status::bad_file, "rope.dimension_count is 7");
  expect_error(with("llama.rope.freq_base", -1.f), Status::bad_file, "rope.freq_base is -1");
  expect_error(with("llama.rope.scaling.type", "spiral"), Status::unsupported, "'spiral'");
  expect_error(with("llama.rope.scaling.type", "longrope"), Status::bad_file, "rope.scaling.original_context_length");
  expect_error(without(good, "blk.1.ffn_down.weight"), Status::bad_file, "blk.1.ffn_down.weight is missing");
  expect_error(without(good, "output_norm.weight"), Status::bad_file, "output_norm.weight is missing");
  expect_error(without(good, "token_embd.weight"), Status::bad_file, "token_embd.weight is missing");
  test::GgufWriter extra = good;
  extra.tensor("blk.0.attn_q_norm.weight", {16}, std::vector<float>(16, 1.f));
  expect_error(extra, Status::unsupported, "blk.0.attn_q_norm.weight has no place");
}

TEST_CASE("model: a file without a vocabulary computes; what needs text says why not") {
  const Model model = load({});
  CHECK(model.info().parameters > 0);
  CHECK_FALSE(model.has_tokenizer());
  CHECK_FALSE(model.has_chat_template());
  try {
    (void)model.tokenizer();
    FAIL("a tokenizer from nothing");
  } catch (const Error& e) {
    CHECK(e.code() == Status::no_vocabulary);
  }
  try {
    (void)model.chat_template();
    FAIL("a template from nothing");
  } catch (const Error& e) {
    CHECK(e.code() == Status::no_chat_template);
  }
  const Tensor logits = model.logits(some_ids(5, 100));
  CHECK(logits.rows == 5);
  CHECK(logits.columns == 100);
  CHECK(std::ranges::all_of(logits.values, [](float x) { return std::isfinite(x); }));
}

TEST_CASE("model: wrong calls are errors with messages and change nothing") {
  const Model model = load({});
  KVCache cache = model.new_cache();
  const auto expect = [&](const Step& step, Status code, const char* text) {
    const std::size_t before = step.cache.length();
    try {
      (void)model.forward({&step, 1});
      FAIL("accepted");
    } catch (const Error& e) {
      CAPTURE(e.what());
      CHECK(e.code() == code);
      CHECK(std::string(e.what()).find(text) != std::string::npos);
    }
    CHECK(step.cache.length() == before);
  };
  const std::vector<Token> ids = some_ids(10, 100);
  CHECK_THROWS_WITH_AS((void)model.forward({}), doctest::Contains("batch is empty"), Error);
  expect({cache, {}}, Status::invalid_argument, "no tokens");
  for (const Token id : {Token{-1}, Token{100}, Token{1'000'000'000}}) {
    const std::vector<Token> wrong{1, id};
    expect({cache, wrong}, Status::invalid_argument, "at index 1: expected 0 .. 99");
  }
  const std::vector<std::uint32_t> behind{3, 10};
  expect({cache, ids, {.logits = Want::Logits::positions, .positions = behind}}, Status::invalid_argument,
         "position 10");
  const std::vector<std::uint32_t> unordered{3, 3};
  expect({cache, ids, {.logits = Want::Logits::positions, .positions = unordered}}, Status::invalid_argument,
         "ascending");
  const std::vector<Token> many = some_ids(301, 100);
  expect({cache, many}, Status::context_full, "301 tokens after 0 positions do not fit in the context of 300");
  const Step twice[] = {{cache, ids}, {cache, ids}};
  CHECK_THROWS_WITH_AS((void)model.forward(twice), doctest::Contains("same cache"), Error);
  test::TinyModel other;
  other.vocabulary = 50;
  KVCache foreign = load(other).new_cache();
  expect({foreign, ids}, Status::mismatch, "another model");
  CHECK_THROWS_AS((void)model.embed(std::vector<Token>{100}), Error);
  CHECK_THROWS_AS((void)model.head(Tensor{1, 3, {1, 2, 3}}), Error);
}

TEST_CASE("model: embedding, layers, head by themselves make the whole") {
  for (const bool tied : {false, true}) {
    test::TinyModel tiny;
    tiny.tied = tied;
    const Model model = load(tiny);
    const std::vector<Token> ids = some_ids(7, 100);
    KVCache cache = model.new_cache();
    const Step step{cache, ids, {.logits = Want::Logits::all, .hidden = true}};
    const StepOutput output = std::move(model.forward({&step, 1}).front());
    CHECK(output.hidden.rows == 7);
    CHECK(output.hidden.columns == 64);
    CHECK(model.head(output.hidden).values == output.logits.values);
    CHECK(model.embed(ids).rows == 7);
  }
}

TEST_CASE("model: the same bits for any cut, batch, order, thread count, on each instruction set and cache type") {
  struct Kind {
    const char* architecture;
    const char* format;
    bool biases;
  };
  for (const Kind kind : {Kind{"llama", "F32", false}, Kind{"qwen2", "F16", true}, Kind{"llama", "Q4_1", false},
                          Kind{"llama", "Q8_0", false}, Kind{"qwen2", "Q5_0", true}, Kind{"llama", "BF16", false}}) {
    test::TinyModel tiny;
    tiny.architecture = kind.architecture;
    tiny.format = kind.format;
    tiny.biases = kind.biases;
    tiny.hidden = 128;
    tiny.feed_forward = 192;
    const test::MemoryFile file(tiny.writer().bytes());
    for (const Isa isa : available_isas()) {
      for (const CacheType type : {CacheType::f16, CacheType::f32, CacheType::bf16, CacheType::q8_0}) {
        CAPTURE(kind.architecture);
        CAPTURE(kind.format);
        CAPTURE(isa_name(isa));
        CAPTURE(static_cast<int>(type));
        const auto with_threads = [&](int threads) {
          RuntimeOptions runtime;
          runtime.threads = threads;
          runtime.isa = isa_name(isa);
          LoadOptions options;
          options.runtime = Runtime(runtime);
          options.cache_type = type;
          return Model::load(file.path(), options);
        };
        const Model model = with_threads(1);
        const std::vector<Token> one = some_ids(290, 100, 1);
        const std::vector<Token> two = some_ids(70, 100, 2);
        const Tensor whole = model.logits(one);
        const Tensor short_whole = model.logits(two);
        for (const int threads : {2, 4}) CHECK(with_threads(threads).logits(one).values == whole.values);

        // Pieces of uneven length, while another sequence joins at its own pace, in either order.
        KVCache a = model.new_cache();
        KVCache b = model.new_cache();
        std::size_t at = 0;
        std::size_t beside = 0;
        bool equal = true;
        for (std::size_t turn = 0; at < one.size(); ++turn) {
          const std::size_t cut = std::min<std::size_t>(one.size() - at, turn % 3 == 0 ? 1 : turn % 3 == 1 ? 7 : 66);
          const Want all{.logits = Want::Logits::all};
          const Step first_step{a, std::span(one).subspan(at, cut), all};
          std::vector<Step> steps;
          const std::size_t more = turn < 2 ? 0 : std::min<std::size_t>(two.size() - beside, 1 + turn % 5);
          const Step beside_step{b, std::span(two).subspan(beside, more), all};
          if (more > 0 && turn % 2 == 1) steps.push_back(beside_step);
          steps.push_back(first_step);
          if (more > 0 && turn % 2 == 0) steps.push_back(beside_step);
          const std::vector<StepOutput> outputs = model.forward(steps);
          for (std::size_t s = 0; s < steps.size(); ++s) {
            const bool first = &steps[s].cache == &a;
            const float* expected = (first ? whole.row(at) : short_whole.row(beside)).data();
            const auto& found = outputs[s].logits.values;
            equal = equal && std::equal(found.begin(), found.end(), expected);
          }
          at += cut;
          beside += more;
        }
        CHECK(equal);

        // A fork goes on as the original would; so does a cache cut back.
        a.truncate(100);
        KVCache fork = a.fork();
        const std::vector<Token> rest(one.begin() + 100, one.end());
        for (KVCache* cache : {&fork, &a}) {
          const Step step{*cache, rest, {.logits = Want::Logits::all}};
          const Tensor tail = std::move(model.forward({&step, 1}).front().logits);
          CHECK(std::equal(tail.values.begin(), tail.values.end(), whole.row(100).data()));
        }
      }
    }
  }
}

TEST_CASE("model: cancelled in the middle, the cache stands at the last complete position") {
  test::TinyModel tiny;
  tiny.context = 4000;
  const Model model = load(tiny);
  const std::vector<Token> ids = some_ids(3900, 100);
  KVCache cache = model.new_cache();
  Progress progress;
  std::stop_source stop;
  std::thread other([&] {
    while (progress.done < 512) std::this_thread::yield();
    stop.request_stop();
  });
  const Step step{cache, ids};
  try {
    (void)model.forward({&step, 1}, stop.get_token(), &progress);
    FAIL("not cancelled");
  } catch (const Error& e) {
    CHECK(e.code() == Status::cancelled);
  }
  other.join();
  CHECK(cache.length() >= 512);
  CHECK(cache.length() < ids.size());
  CHECK(cache.length() == progress.done);
  const Step rest{cache, std::span(ids).subspan(cache.length())};
  const Tensor last = std::move(model.forward({&rest, 1}).front().logits);
  KVCache fresh = model.new_cache();
  const Step whole{fresh, ids};
  CHECK(model.forward({&whole, 1}).front().logits.values == last.values);
}

TEST_CASE("model: the memory limit is an error before the allocation, the model stays usable") {
  const test::MemoryFile file(test::TinyModel{}.writer().bytes());
  const MemoryEstimate estimate = Model::estimate(file.path());
  RuntimeOptions runtime;
  runtime.memory_limit = estimate.weights_bytes - 1;
  LoadOptions options;
  options.runtime = Runtime(runtime);
  CHECK_THROWS_WITH_AS((void)Model::load(file.path(), options), doctest::Contains("memory limit"), Error);
  CHECK(options.runtime.memory_used() == 0);

  runtime.memory_limit = estimate.weights_bytes + (4u << 20);
  options.runtime = Runtime(runtime);
  {
    const Model model = Model::load(file.path(), options);
    std::vector<KVCache> caches;
    bool refused = false;
    const std::vector<Token> ids = some_ids(64, 100);
    while (!refused) {
      caches.push_back(model.new_cache());
      const Step step{caches.back(), ids};
      try {
        (void)model.forward({&step, 1});
      } catch (const Error& e) {
        CHECK(e.code() == Status::out_of_memory);
        CHECK(caches.back().length() == 0);
        refused = true;
      }
    }
    CHECK(options.runtime.memory_peak() <= runtime.memory_limit);
    caches.erase(caches.begin() + 1, caches.end());
    const std::vector<Token> more = some_ids(3, 100);
    const Step step{caches.front(), more};
    CHECK_NOTHROW((void)model.forward({&step, 1}));
  }
}

TEST_CASE("model: what is estimated is what is used") {
  test::TinyModel tiny;
  tiny.vocabulary = 5000;
  tiny.format = "Q4_1";
  const test::MemoryFile file(tiny.writer().bytes());
  LoadOptions options;
  options.runtime = Runtime();
  const MemoryEstimate estimate = Model::estimate(file.path(), options);
  const Model model = Model::load(file.path(), options);
  CHECK(estimate.parameters == model.info().parameters);
  const std::uint64_t norms = 5 * 64 * sizeof(float);  // vectors are counted, but are no large buffers
  CHECK(options.runtime.memory_used() == estimate.weights_bytes - norms);
  KVCache cache = model.new_cache();
  const std::vector<Token> ids = some_ids(300, 100);
  const Step step{cache, ids};
  (void)model.forward({&step, 1});
  CHECK(cache.bytes() == estimate.cache_bytes);
}

TEST_CASE("model: eight threads use one model, each gets its own right answer") {
  const Model model = load({});
  const auto ids_of = [](unsigned i) { return some_ids(40 + i, 100, i); };
  std::vector<Tensor> alone;
  for (unsigned i = 0; i < 8; ++i) alone.push_back(model.logits(ids_of(i)));
  std::vector<std::thread> threads;
  std::vector<int> right(8, 0);
  for (unsigned i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int again = 0; again < 5; ++again) right[i] += model.logits(ids_of(i)).values == alone[i].values;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(std::accumulate(right.begin(), right.end(), 0) == 40);
}

TEST_CASE("model: one token after the other costs no allocation") {
  test::TinyModel tiny;
  tiny.vocabulary = 5000;
  tiny.format = "Q4_1";
  const test::MemoryFile file(tiny.writer().bytes());
  const Model model = Model::load(file.path());
  KVCache cache = model.new_cache();
  const Sampler sampler{{RepetitionPenalty{1.1f}, Temperature{0.8f}, TopK{40}, TopP{0.95f}, MinP{0.05f}}, 7};
  Candidates candidates;
  std::vector<StepOutput> outputs;
  std::vector<Token> tokens = some_ids(10, 100);
  tokens.reserve(100);
  std::size_t calls = 0;
  for (int i = 0; i < 50; ++i) {  // all in the first block of the cache, which is there from the start
    const test::Allocations allocations;
    const Step step{cache, std::span(tokens).subspan(cache.length())};
    model.forward({&step, 1}, outputs);
    candidates.assign(outputs[0].logits.row(0));
    tokens.push_back(sampler.sample(candidates, {tokens}, 7, tokens.size()));
    if (i >= 3) calls += allocations.calls();
  }
  CHECK(calls == 0);
}
