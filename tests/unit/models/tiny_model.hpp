#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "files/gguf_writer.hpp"

namespace test {

/// A decoder with random weights, as a GGUF file without a vocabulary.
struct TinyModel {
  std::string architecture = "llama";
  std::uint32_t layers = 2, hidden = 64, heads = 4, kv_heads = 2, feed_forward = 96, context = 300;
  std::uint64_t vocabulary = 100;
  std::string format = "F32";  ///< of the matrices
  bool biases = false;
  bool tied = false;

  [[nodiscard]] GgufWriter writer() const {
    GgufWriter file;
    const auto key = [&](const char* name) { return architecture + "." + name; };
    file.add("general.architecture", architecture)
        .add(key("block_count"), layers)
        .add(key("context_length"), context)
        .add(key("embedding_length"), hidden)
        .add(key("feed_forward_length"), feed_forward)
        .add(key("attention.head_count"), heads)
        .add(key("attention.head_count_kv"), kv_heads)
        .add(key("attention.layer_norm_rms_epsilon"), 1e-5f);
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    const auto values = [&](std::uint64_t n, float mean, float deviation) {
      std::vector<float> v(n);
      for (float& x : v) x = mean + deviation * normal(random);
      return v;
    };
    const auto matrix = [&](const std::string& name, std::uint64_t columns, std::uint64_t rows) {
      file.tensor(name, {columns, rows}, values(columns * rows, 0, 0.15f), format);
    };
    const auto norm = [&](const std::string& name) { file.tensor(name, {hidden}, values(hidden, 1, 0.1f)); };
    const std::uint64_t kv_width = hidden / heads * kv_heads;
    matrix("token_embd.weight", hidden, vocabulary);
    norm("output_norm.weight");
    if (!tied) matrix("output.weight", hidden, vocabulary);
    for (std::uint32_t i = 0; i < layers; ++i) {
      const std::string block = "blk." + std::to_string(i) + ".";
      norm(block + "attn_norm.weight");
      norm(block + "ffn_norm.weight");
      matrix(block + "attn_q.weight", hidden, hidden);
      matrix(block + "attn_k.weight", hidden, kv_width);
      matrix(block + "attn_v.weight", hidden, kv_width);
      matrix(block + "attn_output.weight", hidden, hidden);
      matrix(block + "ffn_gate.weight", hidden, feed_forward);
      matrix(block + "ffn_up.weight", hidden, feed_forward);
      matrix(block + "ffn_down.weight", feed_forward, hidden);
      if (biases) {
        file.tensor(block + "attn_q.bias", {hidden}, values(hidden, 0, 0.3f));
        file.tensor(block + "attn_k.bias", {kv_width}, values(kv_width, 0, 0.3f));
        file.tensor(block + "attn_v.bias", {kv_width}, values(kv_width, 0, 0.3f));
      }
    }
    return file;
  }
};

}  // namespace test
