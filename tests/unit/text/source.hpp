#pragma once

#include <map>
#include <string>
#include <vector>

#include "files/weight_source.hpp"
#include "ondol/error.hpp"
#include "text/tokenizer.hpp"

namespace test {

/// Metadata made by hand, as a file would give it.
class Source final : public ondol::WeightSource {
 public:
  Source() { path_ = "made.gguf"; }

  std::map<std::string, std::string, std::less<>> strings;
  std::map<std::string, std::int64_t, std::less<>> numbers_;
  std::map<std::string, std::vector<std::string>, std::less<>> string_arrays;
  std::map<std::string, std::vector<double>, std::less<>> number_arrays;

  bool has(std::string_view key) const override {
    return strings.count(key) + numbers_.count(key) + string_arrays.count(key) + number_arrays.count(key) > 0;
  }
  std::optional<std::uint64_t> count(std::string_view key) const override { return get<std::uint64_t>(numbers_, key); }
  std::optional<std::int64_t> integer(std::string_view key) const override { return get<std::int64_t>(numbers_, key); }
  std::optional<double> number(std::string_view key) const override { return get<double>(numbers_, key); }
  std::optional<bool> flag(std::string_view key) const override { return get<bool>(numbers_, key); }
  std::optional<std::string_view> text(std::string_view key) const override {
    return get<std::string_view>(strings, key);
  }
  std::optional<std::vector<std::string_view>> texts(std::string_view key) const override {
    const auto it = string_arrays.find(key);
    if (it == string_arrays.end()) return std::nullopt;
    return std::vector<std::string_view>(it->second.begin(), it->second.end());
  }
  std::optional<std::vector<std::int64_t>> integers(std::string_view key) const override {
    const auto it = number_arrays.find(key);
    if (it == number_arrays.end()) return std::nullopt;
    return std::vector<std::int64_t>(it->second.begin(), it->second.end());
  }
  std::optional<std::vector<double>> numbers(std::string_view key) const override {
    return get<std::vector<double>>(number_arrays, key);
  }
  std::vector<Entry> entries() const override { return {}; }

 private:
  template <class T, class Map>
  static std::optional<T> get(const Map& map, std::string_view key) {
    const auto it = map.find(key);
    if (it == map.end()) return std::nullopt;
    return T(it->second);
  }
};

/// A byte-level vocabulary: the 256 bytes, then `tokens`, with `merges`.
inline Source byte_level(std::vector<std::string> tokens, std::vector<std::string> merges, std::string pre = "gpt-2") {
  Source s;
  s.strings["tokenizer.ggml.model"] = "gpt2";
  s.strings["tokenizer.ggml.pre"] = std::move(pre);
  std::vector<std::string>& all = s.string_arrays["tokenizer.ggml.tokens"];
  for (unsigned b = 0; b < 256; ++b) {
    const bool prints = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    static unsigned other = 0;
    if (b == 0) other = 0x100;
    const unsigned code = prints ? b : other++;
    all.push_back(code < 0x80 ? std::string(1, char(code))
                              : std::string{char(0xC0 | code >> 6), char(0x80 | (code & 0x3F))});
  }
  all.insert(all.end(), tokens.begin(), tokens.end());
  s.string_arrays["tokenizer.ggml.merges"] = std::move(merges);
  s.number_arrays["tokenizer.ggml.token_type"].assign(all.size(), 1);
  return s;
}

/// A SentencePiece vocabulary: <unk>, <s>, </s>, the 256 bytes, then `pieces` with falling scores.
inline Source sentence_piece(std::vector<std::string> pieces) {
  Source s;
  s.strings["tokenizer.ggml.model"] = "llama";
  std::vector<std::string>& all = s.string_arrays["tokenizer.ggml.tokens"];
  all = {"<unk>", "<s>", "</s>"};
  std::vector<double>& types = s.number_arrays["tokenizer.ggml.token_type"];
  types = {2, 3, 3};
  for (unsigned b = 0; b < 256; ++b) {
    const char* hex = "0123456789ABCDEF";
    all.push_back(std::string("<0x") + hex[b / 16] + hex[b % 16] + ">");
    types.push_back(6);
  }
  all.insert(all.end(), pieces.begin(), pieces.end());
  types.resize(all.size(), 1);
  std::vector<double>& scores = s.number_arrays["tokenizer.ggml.scores"];
  for (std::size_t i = 0; i < all.size(); ++i) scores.push_back(i < 259 ? 0 : -double(i - 259));
  s.numbers_ = {
      {"tokenizer.ggml.bos_token_id", 1}, {"tokenizer.ggml.eos_token_id", 2}, {"tokenizer.ggml.unknown_token_id", 0}};
  return s;
}

}  // namespace test
