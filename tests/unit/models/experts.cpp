// Mixtures of experts and latent attention from GGUF files, new and old.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "files/gguf_writer.hpp"
#include "kernels/values.hpp"
#include "ondol/error.hpp"
#include "ondol/model.hpp"
#include "temp.hpp"

namespace {

using namespace ondol;

constexpr std::uint32_t hidden = 32;
constexpr std::uint32_t middle = 64;
constexpr std::uint32_t experts = 4;

/// Tensors of a model by name, all random; norms are near 1.
class Writer {
 public:
  explicit Writer(const std::string& architecture) : architecture_(architecture) {
    file.add("general.architecture", architecture);
    key("block_count", 2u).key("context_length", 300u).key("embedding_length", hidden);
    key("feed_forward_length", middle).key("attention.head_count", 4u);
    key("attention.layer_norm_rms_epsilon", 1e-5f).key("expert_count", experts).key("expert_used_count", 2u);
    matrix("token_embd", {hidden, 50});
    matrix("output", {hidden, 50});
    norm("output_norm", hidden);
  }
  template <class T>
  Writer& key(const std::string& name, T value) {
    const std::string whole = architecture_ + "." + name;
    std::erase_if(file.keys, [&](const auto& old) { return old.first == whole; });
    file.add(whole, value);
    return *this;
  }
  std::vector<float> matrix(const std::string& name, std::vector<std::uint64_t> shape,
                            const std::string& kind = ".weight") {
    std::uint64_t count = 1;
    for (const std::uint64_t n : shape) count *= n;
    const auto values = test::normal(count, ++seed_, 0.2f);
    file.tensor(name + kind, std::move(shape), values);
    return values;
  }
  void norm(const std::string& name, std::uint64_t n) {
    auto values = test::normal(n, ++seed_, 0.1f);
    for (float& v : values) v += 1;
    file.tensor(name + ".weight", {n}, values);
  }
  void plain_attention(const std::string& block) {
    norm(block + "attn_norm", hidden);
    norm(block + "ffn_norm", hidden);
    for (const char* name : {"attn_q", "attn_k", "attn_v", "attn_output"}) matrix(block + name, {hidden, hidden});
  }
  test::GgufWriter file;

 private:
  std::string architecture_;
  std::uint32_t seed_ = 0;
};

/// Mixtral, with experts in one tensor or, as in old files, each in its own.
test::GgufWriter mixtral(bool split) {
  Writer out("llama");
  for (const std::string block : {"blk.0.", "blk.1."}) {
    out.plain_attention(block);
    out.matrix(block + "ffn_gate_inp", {hidden, experts});
    for (const std::string name : {"ffn_gate", "ffn_up", "ffn_down"}) {
      const bool down = name == "ffn_down";
      const std::uint64_t columns = down ? middle : hidden;
      const std::uint64_t rows = down ? hidden : middle;
      const auto all = out.matrix(block + name + "_exps", {columns, rows, experts});
      if (!split) continue;
      out.file.tensors.pop_back();
      for (std::uint64_t e = 0; e < experts; ++e) {
        out.file.tensor(block + name + "." + std::to_string(e) + ".weight", {columns, rows},
                        std::span(all).subspan(e * columns * rows, columns * rows));
      }
    }
  }
  return out.file;
}

/// DeepSeek V3 with one dense layer; `split`: the newer files' tensors and keys.
test::GgufWriter deepseek(bool split) {
  constexpr std::uint32_t heads = 4, rank = 32, rope = 8, plain = 32, value = 16;
  Writer out("deepseek2");
  out.key("attention.q_lora_rank", 16u).key("attention.kv_lora_rank", rank).key("rope.dimension_count", rope);
  out.key("attention.key_length", split ? rank + rope : plain + rope);
  out.key("attention.value_length", split ? rank : value);
  if (split) out.key("attention.key_length_mla", plain + rope).key("attention.value_length_mla", value);
  out.key("attention.head_count_kv", split ? 1u : heads);
  out.key("leading_dense_block_count", 1u).key("expert_feed_forward_length", middle).key("expert_shared_count", 1u);
  out.key("expert_gating_func", 2u).key("expert_weights_norm", true).key("expert_weights_scale", 2.5f);
  out.key("expert_group_count", 2u).key("expert_group_used_count", 1u);
  for (const std::string block : {"blk.0.", "blk.1."}) {
    out.norm(block + "attn_norm", hidden);
    out.norm(block + "ffn_norm", hidden);
    out.matrix(block + "attn_q_a", {hidden, 16});
    out.norm(block + "attn_q_a_norm", 16);
    out.matrix(block + "attn_q_b", {16, heads * (plain + rope)});
    out.matrix(block + "attn_kv_a_mqa", {hidden, rank + rope});
    out.norm(block + "attn_kv_a_norm", rank);
    const auto all = out.matrix(block + "attn_kv_b", {rank, heads * (plain + value)});
    if (split) {
      out.file.tensors.pop_back();
      std::vector<float> keys, values;
      for (std::size_t h = 0; h < heads; ++h) {
        const float* own = &all[h * (plain + value) * rank];
        for (std::size_t k = 0; k < rank; ++k) {
          for (std::size_t d = 0; d < plain; ++d) keys.push_back(own[d * rank + k]);
        }
        values.insert(values.end(), own + plain * rank, own + (plain + value) * rank);
      }
      out.file.tensor(block + "attn_k_b.weight", {plain, rank, heads}, keys);
      out.file.tensor(block + "attn_v_b.weight", {rank, value, heads}, values);
    }
    out.matrix(block + "attn_output", {heads * value, hidden});
    if (block == "blk.0.") {
      out.matrix(block + "ffn_gate", {hidden, middle});
      out.matrix(block + "ffn_up", {hidden, middle});
      out.matrix(block + "ffn_down", {middle, hidden});
      continue;
    }
    out.matrix(block + "ffn_gate_inp", {hidden, experts});
    out.matrix(block + "exp_probs_b", {experts}, ".bias");
    out.matrix(block + "ffn_gate_exps", {hidden, middle, experts});
    out.matrix(block + "ffn_up_exps", {hidden, middle, experts});
    out.matrix(block + "ffn_down_exps", {middle, hidden, experts});
    out.matrix(block + "ffn_gate_shexp", {hidden, middle});
    out.matrix(block + "ffn_up_shexp", {hidden, middle});
    out.matrix(block + "ffn_down_shexp", {middle, hidden});
  }
  return out.file;
}

Model load(const test::GgufWriter& writer, const LoadOptions& options = {}) {
  const test::MemoryFile file(writer.bytes());
  return Model::load(file.path(), options);
}

LoadOptions exact() {
  LoadOptions options;
  options.precision = Precision::exact;
  return options;
}

std::vector<Token> ids(std::size_t count) {
  std::vector<Token> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<Token>((i * i + 7 * i + 3) % 50));
  return out;
}

void expect_error(const test::GgufWriter& writer, const char* key, std::uint32_t value, const std::string& text) {
  test::GgufWriter changed = writer;
  std::erase_if(changed.keys, [&](const auto& old) { return old.first == key; });
  changed.add(key, value);
  CAPTURE(text);
  try {
    (void)load(changed);
    FAIL("loaded");
  } catch (const Error& e) {
    CAPTURE(e.what());
    CHECK(e.code() == Status::bad_file);
    CHECK(std::string(e.what()).find(text) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("experts: old files, with a tensor for each expert, are the same model") {
  const Model model = load(mixtral(false), exact());
  const Model old = load(mixtral(true), exact());
  CHECK(model.logits(ids(40)).values == old.logits(ids(40)).values);
  for (const Model& m : {model, old}) {
    CHECK(m.info().experts == experts);
    CHECK(m.info().experts_used == 2);
    CHECK(m.info().intermediate_size == middle);
    CHECK(m.info().parameters - m.info().active_parameters == 2 * (experts - 2) * 3 * hidden * middle);
  }
  const test::MemoryFile file(mixtral(true).bytes());
  const MemoryEstimate estimate = Model::estimate(file.path());
  CHECK(estimate.parameters == model.info().parameters);
  CHECK(estimate.active_parameters == model.info().active_parameters);
}

TEST_CASE("experts: a gap among the tensors of old files is an error that names it") {
  test::GgufWriter writer = mixtral(true);
  std::erase_if(writer.tensors, [](const auto& tensor) { return tensor.name == "blk.1.ffn_up.2.weight"; });
  const test::MemoryFile file(writer.bytes());
  CHECK_THROWS_WITH_AS((void)Model::load(file.path()), doctest::Contains("blk.1.ffn_up_exps.weight: part 2 is missing"),
                       Error);
}

TEST_CASE("experts: hyper-parameters are held against each other and the tensors") {
  const test::GgufWriter good = mixtral(false);
  expect_error(good, "llama.expert_used_count", 5, "expert_used_count is 5");
  expect_error(good, "llama.expert_used_count", 0, "expert_used_count is 0");
  expect_error(good, "llama.expert_count", 8, "ffn_gate_inp.weight has shape [32, 4]");
  expect_error(good, "llama.expert_count", 2'000'000'000, "expert_count is 2000000000");
  expect_error(good, "llama.feed_forward_length", 63, "ffn_gate_exps.weight has shape");
  const test::GgufWriter deep = deepseek(true);
  expect_error(deep, "deepseek2.expert_group_count", 3, "expert_group_count is 3");
  expect_error(deep, "deepseek2.expert_group_count", 4, "expert_group_used_count is 1");
  expect_error(deep, "deepseek2.attention.kv_lora_rank", 31, "attn_kv_a_mqa.weight has shape");
  expect_error(deep, "deepseek2.attention.key_length_mla", 8, "attention.key_length_mla is 8");
  expect_error(deep, "deepseek2.attention.value_length_mla", 8, "attn_v_b.weight has shape");
  expect_error(deepseek(false), "deepseek2.attention.value_length", 8, "attn_k_b.weight has shape");
  expect_error(deep, "deepseek2.leading_dense_block_count", 2, "blk.1.ffn_up.weight is missing");
}

TEST_CASE("latent attention: files with one matrix for keys and values are the same model") {
  const Model model = load(deepseek(true), exact());
  const Model old = load(deepseek(false), exact());
  CHECK(model.logits(ids(80)).values == old.logits(ids(80)).values);
  CHECK(model.info().heads == 4);
  CHECK(model.info().head_dim == 40);
  const KVCache cache = model.new_cache();
  const test::MemoryFile file(deepseek(true).bytes());
  LoadOptions f16;
  f16.cache_type = CacheType::f16;
  CHECK(Model::estimate(file.path(), f16).position_bytes == 2 * (32 + 8) * 2);  // layers, the vector, bytes
}

TEST_CASE("latent attention: both tensors and the older one: the newer count") {
  test::GgufWriter both = deepseek(true);
  for (const auto& tensor : deepseek(false).tensors) {
    if (tensor.name.find("attn_kv_b") != std::string::npos) both.tensors.push_back(tensor);
  }
  CHECK(load(both, exact()).logits(ids(9)).values == load(deepseek(true), exact()).logits(ids(9)).values);
}

TEST_CASE("experts, latent attention: threads, batches and pieces change no bit") {
  for (const auto& writer : {mixtral(false), deepseek(true)}) {
    const test::MemoryFile file(writer.bytes());
    const auto all = ids(150);
    std::vector<float> expected;
    for (const int threads : {1, 3}) {
      RuntimeOptions runtime;
      runtime.threads = threads;
      LoadOptions options;
      options.runtime = Runtime(runtime);
      const Model model = Model::load(file.path(), options);
      const auto whole = model.logits(all).values;
      if (expected.empty()) expected = whole;
      CHECK(whole == expected);
      KVCache cache = model.new_cache();
      KVCache mate = model.new_cache();
      std::size_t done = 0;
      std::vector<float> rows;
      for (const std::size_t count : {1, 70, 1, 78}) {
        const Step steps[] = {{cache, std::span(all).subspan(done, count), {.logits = Want::Logits::all}},
                              {mate, std::span(all).subspan(done, count)}};
        const auto out = model.forward(steps);
        rows.insert(rows.end(), out[0].logits.values.begin(), out[0].logits.values.end());
        done += count;
      }
      CHECK(rows == expected);
    }
  }
}
