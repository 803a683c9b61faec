#include "ondol/tokenizer.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/utf8.hpp"
#include "files/gguf_writer.hpp"
#include "files/weight_source.hpp"
#include "ondol/error.hpp"
#include "target.hpp"
#include "temp.hpp"
#include "text/tokenizer.hpp"

namespace {

/// Encodes and streams back: what comes out is valid UTF-8, in pieces as in one.
void exercise(const ondol::Tokenizer& tokenizer, std::string_view text) {
  const ondol::TextRange half{text.size() / 2, text.size()};
  for (const bool parse : {false, true}) {
    const auto ids = tokenizer.encode(text, {.parse_special = parse, .plain = {&half, parse ? 1u : 0u}});
    ondol::Detokenizer stream(tokenizer);
    std::string joined;
    for (const ondol::Token id : ids) joined += stream.add(id);
    joined += stream.flush();
    if (!ondol::utf8_valid(joined) || joined != tokenizer.decode(ids)) std::abort();
  }
  for (std::size_t id = 0; id < std::min<std::size_t>(tokenizer.size(), 1000); ++id) {
    (void)tokenizer.token_bytes(ondol::Token(id));
    (void)tokenizer.is_end(ondol::Token(id));
  }
}

std::string vocabulary(const char* model, const char* pre) {
  std::vector<std::string> tokens = {"<unk>",
                                     "<s>",
                                     "</s>",
                                     "<|im_end|>",
                                     "a",
                                     "b",
                                     "ab",
                                     "\u2581",
                                     "\u0120",
                                     "\u2581"
                                     "a"};
  std::vector<std::int32_t> types = {2, 3, 3, 4, 1, 1, 1, 1, 1, 1};
  for (int b = 0; b < 256; ++b) {
    const char* hex = "0123456789ABCDEF";
    tokens.push_back(std::string("<0x") + hex[b / 16] + hex[b % 16] + ">");
    types.push_back(6);
  }
  std::vector<float> scores(tokens.size());
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = -float(i);
  test::GgufWriter w;
  w.add("tokenizer.ggml.model", model).add("tokenizer.ggml.pre", pre).add("general.name", "Phi-3");
  w.add("tokenizer.ggml.bos_token_id", 1u).add("tokenizer.ggml.eos_token_id", 2u);
  w.add("tokenizer.ggml.unknown_token_id", 0u).add("tokenizer.ggml.add_bos_token", true);
  w.add("tokenizer.ggml.merges", std::vector<std::string>{"a b", "\u2581 a"});
  w.add("tokenizer.ggml.token_type", types).add("tokenizer.ggml.scores", scores);
  w.add("tokenizer.ggml.tokens", tokens);
  return w.bytes();
}

}  // namespace

/// The input is a file with a vocabulary, and also a text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const test::MemoryFile file({bytes.data(), bytes.size()});
    exercise(ondol::make_tokenizer(*ondol::open_weights(file.path())), bytes.substr(bytes.size() - size / 4));
  } catch (const ondol::Error&) {
  }
  static const std::vector<ondol::Tokenizer> sound = [] {
    std::vector<ondol::Tokenizer> made;
    for (const std::string& seed : fuzz_seeds()) {
      const test::MemoryFile file(seed);
      made.push_back(ondol::make_tokenizer(*ondol::open_weights(file.path())));
    }
    return made;
  }();
  for (const ondol::Tokenizer& tokenizer : sound) exercise(tokenizer, bytes);
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  return {vocabulary("llama", "default"), vocabulary("gpt2", "qwen2"), vocabulary("gpt2", "deepseek-llm"),
          vocabulary("gemma4", ""),       vocabulary("bert", ""),      vocabulary("t5", ""),
          vocabulary("rwkv", ""),         vocabulary("plamo2", "")};
}
