#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "kernels/values.hpp"
#include "models/config.hpp"
#include "models/naming.hpp"
#include "ondol/error.hpp"

namespace {

using namespace ondol;

class Folder final : public WeightSource {
 public:
  explicit Folder(const char* json) : config_(Json::parse(json, "config.json")) {}
  const Json* config() const noexcept override { return &config_; }
  std::vector<Entry> entries() const override { return {}; }

 private:
  Json config_;
};

Weight weight(const char* name, std::vector<std::uint64_t> shape, std::span<const float> values) {
  Weight out{.name = name, .format = find_format("F32"), .shape = std::move(shape), .parts = {}, .sources = {}};
  out.parts.push_back({.bytes = std::as_bytes(values)});
  return out;
}

/// What a checkpoint's tensor becomes, by the layouts of both of its rows.
std::vector<Weight> taken(const Config& config, const Weight& whole, const Layout& first, const Layout& second) {
  std::vector<Weight> out{whole, whole};
  first.to_gguf(config, out[0]);
  second.to_gguf(config, out[1]);
  return out;
}

void check_joined(const Config& config, const Layout& layout, const std::vector<Weight>& shares, const Weight& whole) {
  // As they come from a GGUF file: in one part each.
  std::vector<std::vector<float>> values;
  std::vector<Weight> lone;
  for (const Weight& share : shares) values.push_back(share.values());
  for (std::size_t i = 0; i < shares.size(); ++i)
    lone.push_back(weight(shares[i].name.c_str(), shares[i].shape, values[i]));
  const Weight back = layout.join(config, lone);
  CHECK(back.shape == whole.shape);
  CHECK(test::same(back.values(), whole.values()));
}

}  // namespace

TEST_CASE("layouts: gates and the rest of experts, in halves or in turn, as rows or as columns") {
  const Folder folder(R"({"model_type": "x", "num_experts": 3})");
  const Config config(folder);
  const std::size_t n = 4, hidden = 5, experts = 3;
  const auto values = test::normal(experts * 2 * n * hidden, 1);
  struct Case {
    const Layout *first, *second;
    bool columns, in_turn;
  };
  for (const Case& c : {Case{&layouts::first_half, &layouts::second_half, false, false},
                        Case{&layouts::even_values, &layouts::odd_values, false, true},
                        Case{&layouts::first_half_transposed, &layouts::second_half_transposed, true, false},
                        Case{&layouts::even_transposed, &layouts::odd_transposed, true, true}}) {
    const Weight whole = weight("blk.0.ffn_gate_exps.weight",
                                c.columns ? std::vector<std::uint64_t>{2 * n, hidden, experts}
                                          : std::vector<std::uint64_t>{hidden, 2 * n, experts},
                                values);
    const auto shares = taken(config, whole, *c.first, *c.second);
    for (std::size_t share = 0; share < 2; ++share) {
      REQUIRE(shares[share].shape == std::vector<std::uint64_t>{hidden, n, experts});
      CHECK(shares[share].parts.size() == experts);
      const auto found = shares[share].values();
      for (std::size_t e = 0; e < experts; ++e) {
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t k = 0; k < hidden; ++k) {
            const std::size_t row = c.in_turn ? 2 * i + share : share * n + i;
            const std::size_t at = c.columns ? (e * hidden + k) * 2 * n + row : (e * 2 * n + row) * hidden + k;
            CHECK(found[(e * n + i) * hidden + k] == values[at]);
          }
        }
      }
    }
    check_joined(config, *c.first, shares, whole);
  }
}

TEST_CASE("layouts: biases of gates in turn, and lone matrices") {
  const Folder folder(R"({"model_type": "x", "num_experts": 3})");
  const Config config(folder);
  const std::vector<float> values{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23};
  const Weight biases = weight("blk.0.ffn_up_exps.bias", {4, 3}, values);
  const auto shares = taken(config, biases, layouts::even_values, layouts::odd_values);
  CHECK(shares[0].shape == std::vector<std::uint64_t>{2, 3});
  CHECK(shares[0].values() == std::vector<float>{0, 2, 10, 12, 20, 22});
  CHECK(shares[1].values() == std::vector<float>{1, 3, 11, 13, 21, 23});
  check_joined(config, layouts::even_values, shares, biases);

  const Weight lone = weight("blk.0.ffn_up_shexp.weight", {3, 4}, values);
  const auto halves = taken(config, lone, layouts::first_half, layouts::second_half);
  CHECK(halves[1].shape == std::vector<std::uint64_t>{3, 2});
  CHECK(halves[1].values() == std::vector<float>{12, 13, 20, 21, 22, 23});
  check_joined(config, layouts::first_half, halves, lone);
}

TEST_CASE("layouts: stacks are transposed one by one") {
  const Folder folder(R"({"model_type": "x", "num_experts": 2})");
  const Config config(folder);
  const std::vector<float> values{0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};
  Weight stack = weight("blk.0.ffn_down_exps.weight", {3, 2, 2}, values);
  layouts::transposed.to_gguf(config, stack);
  CHECK(stack.shape == std::vector<std::uint64_t>{2, 3, 2});
  CHECK(stack.values() == std::vector<float>{0, 3, 1, 4, 2, 5, 10, 13, 11, 14, 12, 15});
}

TEST_CASE("layouts: what makes keys and values of latents, also from quantised files") {
  const Folder folder(R"({"model_type": "x", "num_attention_heads": 2, "kv_lora_rank": 32, "qk_rope_head_dim": 8,
                          "qk_nope_head_dim": 4, "v_head_dim": 6})");
  const Config config(folder);
  const auto values = test::normal(2 * 10 * 32, 1);
  const Weight whole = weight("blk.0.attn_kv_b.weight", {32, 20}, values);
  const auto shares = taken(config, whole, layouts::latent_keys, layouts::latent_values);
  const auto check = [](const std::vector<Weight>& found, const std::vector<float>& all) {
    REQUIRE(found[0].shape == std::vector<std::uint64_t>{4, 32, 2});
    REQUIRE(found[1].shape == std::vector<std::uint64_t>{32, 6, 2});
    const auto keys = found[0].values();
    const auto rest = found[1].values();
    for (std::size_t h = 0; h < 2; ++h) {
      for (std::size_t k = 0; k < 32; ++k) {
        for (std::size_t d = 0; d < 4; ++d) CHECK(keys[(h * 32 + k) * 4 + d] == all[(h * 10 + d) * 32 + k]);
        for (std::size_t d = 0; d < 6; ++d) CHECK(rest[(h * 6 + d) * 32 + k] == all[(h * 10 + 4 + d) * 32 + k]);
      }
    }
  };
  check(shares, values);
  check_joined(config, layouts::latent_keys, shares, whole);

  const Format& format = *find_format("Q8_0");
  std::vector<std::byte> bytes(20 * format.bytes);
  format.pack(values.data(), nullptr, bytes.data(), 20);
  Weight quantised = whole;
  quantised.format = &format;
  quantised.parts[0].bytes = bytes;
  check(taken(config, quantised, layouts::latent_keys, layouts::latent_values), quantised.values());
}

TEST_CASE("layouts: stacks that are no stacks of the experts are refused before anything is made") {
  const Folder folder(R"({"model_type": "x", "num_experts": 3, "num_attention_heads": 2, "kv_lora_rank": 3,
                          "qk_rope_head_dim": 2, "qk_nope_head_dim": 2, "v_head_dim": 2})");
  const Config config(folder);
  const std::vector<float> values(24);
  for (const Layout* layout :
       {&layouts::first_half, &layouts::odd_values, &layouts::even_transposed, &layouts::second_half_transposed,
        &layouts::latent_keys, &layouts::latent_values}) {
    for (const auto& shape : {std::vector<std::uint64_t>{2, 6, 2}, {1, 1, 24}, {2, 2, 3, 2}}) {
      Weight w = weight("blk.0.ffn_up_exps.weight", shape, values);
      CHECK_THROWS_AS(layout->to_gguf(config, w), Error);
    }
  }
  const std::vector<float> many(65'537);
  Weight stack = weight("blk.0.ffn_down_exps.weight", {1, 1, 65'537}, many);
  CHECK_THROWS_AS(layouts::transposed.to_gguf(config, stack), Error);
  Weight odd = weight("blk.0.ffn_up_exps.weight", {8, 1, 3}, values);
  CHECK_THROWS_AS(layouts::first_half.to_gguf(config, odd), Error);
}
