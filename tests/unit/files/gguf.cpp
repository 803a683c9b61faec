#include "files/gguf.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "exercise.hpp"
#include "gguf_writer.hpp"
#include "ondol/error.hpp"
#include "temp.hpp"

using namespace std::string_literals;

namespace {

std::shared_ptr<const ondol::WeightSource> open(const test::GgufWriter& writer) {
  const test::MemoryFile file(writer.bytes());
  return ondol::open_weights(file.path());  // the mapping outlives the descriptor
}

const std::vector<float> ramp = [] {
  std::vector<float> v(256);
  std::iota(v.begin(), v.end(), -10.0f);
  return v;
}();

/// Code and message of what `question` throws.
template <class Question>
std::pair<ondol::Status, std::string> answer(Question&& question) {
  try {
    (void)question();
  } catch (const ondol::Error& e) {
    return {e.code(), e.what()};
  }
  return {ondol::Status::ok, ""};
}

}  // namespace

TEST_CASE("gguf: every metadata type comes back with its value") {
  const auto source = open(test::GgufWriter()
                               .add("u8", std::uint8_t{255})
                               .add("i8", std::int8_t{-128})
                               .add("u16", std::uint16_t{65535})
                               .add("i16", std::int16_t{-32768})
                               .add("u32", 4294967295u)
                               .add("i32", std::numeric_limits<std::int32_t>::min())
                               .add("f32", 0.1f)
                               .add("yes", true)
                               .add("no", false)
                               .add("text", "온돌")
                               .add("empty", "")
                               .add("u64", std::numeric_limits<std::uint64_t>::max())
                               .add("i64", std::numeric_limits<std::int64_t>::min())
                               .add("f64", 0.1)
                               .add("texts", std::vector<std::string>{"a", "", "b\0c"s})
                               .add("none", std::vector<std::string>{})
                               .add("bytes", std::vector<std::uint8_t>{0, 128, 255})
                               .add("floats", std::vector<float>{0.5f, -2.0f})
                               .add("flags", std::vector<bool>{true, false})
                               .add("longs", std::vector<std::int64_t>{-1, 1}));
  CHECK(source->count("u8") == 255);
  CHECK(source->integer("i8") == -128);
  CHECK(source->count("u16") == 65535);
  CHECK(source->integer("i16") == -32768);
  CHECK(source->count("u32") == 4294967295u);
  CHECK(source->integer("i32") == std::numeric_limits<std::int32_t>::min());
  CHECK(source->number("f32") == static_cast<double>(0.1f));
  CHECK(source->flag("yes") == true);
  CHECK(source->flag("no") == false);
  CHECK(source->text("text") == "온돌");
  CHECK(source->text("empty") == "");
  CHECK(source->count("u64") == std::numeric_limits<std::uint64_t>::max());
  CHECK(source->integer("i64") == std::numeric_limits<std::int64_t>::min());
  CHECK(source->number("f64") == 0.1);
  CHECK(source->number("i8") == -128.0);
  CHECK(source->texts("texts") == std::vector<std::string_view>{"a", "", std::string_view("b\0c", 3)});
  CHECK(source->texts("none")->empty());
  CHECK(source->integers("bytes") == std::vector<std::int64_t>{0, 128, 255});
  CHECK(source->numbers("bytes") == std::vector<double>{0, 128, 255});
  CHECK(source->numbers("floats") == std::vector<double>{0.5, -2});
  CHECK(source->integers("flags") == std::vector<std::int64_t>{1, 0});
  CHECK(source->integers("longs") == std::vector<std::int64_t>{-1, 1});

  CHECK(source->has("f64"));
  CHECK_FALSE(source->has("f6"));
  CHECK_FALSE(source->count("missing").has_value());
  CHECK_FALSE(source->texts("missing").has_value());
  CHECK_FALSE(source->numbers("missing").has_value());
}

TEST_CASE("gguf: a value of another type or out of range is an error that names key, found and expected") {
  const auto source = open(test::GgufWriter()
                               .add("text", "x\x1b[31m")
                               .add("minus", -1)
                               .add("huge", std::numeric_limits<std::uint64_t>::max())
                               .add("half", 0.5f)
                               .add("flag", true)
                               .add("list", std::vector<float>{1.0f})
                               .add("big list", std::vector<std::uint64_t>{~0ull}));
  const auto refused = [&](auto question, std::initializer_list<std::string_view> words) {
    const auto [code, message] = answer(question);
    CAPTURE(message);
    CHECK(code == ondol::Status::bad_file);
    for (const std::string_view word : words) CHECK(message.find(word) != std::string::npos);
  };
  refused([&] { return source->count("text"); }, {"key 'text'", "string x\\x1b[31m", "whole number"});
  refused([&] { return source->count("minus"); }, {"key 'minus'", "i32 -1", "not negative"});
  refused([&] { return source->integer("huge"); }, {"key 'huge'", "u64 18446744073709551615"});
  refused([&] { return source->integer("half"); }, {"f32 0.5"});
  refused([&] { return source->integer("flag"); }, {"bool true"});
  refused([&] { return source->number("flag"); }, {"bool true", "a number"});
  refused([&] { return source->flag("minus"); }, {"a boolean"});
  refused([&] { return source->text("list"); }, {"f32[1] [1]", "a string"});
  refused([&] { return source->number("list"); }, {"f32[1]"});
  refused([&] { return source->texts("text"); }, {"an array of strings"});
  refused([&] { return source->texts("list"); }, {"an array of strings"});
  refused([&] { return source->integers("list"); }, {"f32[1]"});
  refused([&] { return source->integers("big list"); }, {"u64[1]", "below 2^63"});
  refused([&] { return source->numbers("minus"); }, {"an array of numbers"});
}

TEST_CASE("gguf: tensors by name, sorted, with shape, rows and data") {
  for (const std::uint32_t version : {2u, 3u}) {
    test::GgufWriter writer;
    writer.version = version;
    writer.tensor("z", {64, 2, 2}, ramp)
        .tensor("a", {32}, std::span(ramp).first(32), "Q8_0")
        .tensor("m", {}, std::span(ramp).first(1));
    const auto source = open(writer);
    REQUIRE(source->tensors().size() == 3);
    CHECK(source->tensors()[0].name == "a");
    CHECK(source->tensors()[2].name == "z");
    const ondol::TensorView* z = source->find("z");
    REQUIRE(z != nullptr);
    CHECK(z->shape == std::vector<std::uint64_t>{64, 2, 2});
    CHECK(z->columns() == 64);
    CHECK(z->rows() == 4);
    CHECK(z->elements() == 256);
    const ondol::WeightView matrix = z->matrix();
    CHECK(matrix.row_bytes() == 256);
    float row[64];
    z->format->unpack(matrix.row(3), row, 64);
    CHECK(row[63] == 245.0f);
    CHECK(source->find("a")->bytes.size() == 34);
    CHECK(source->find("m")->shape == std::vector<std::uint64_t>{1});
    CHECK(source->find("b") == nullptr);
    CHECK(source->find("zz") == nullptr);
  }
}

TEST_CASE("gguf: alignments from 8 to a mebibyte") {
  for (std::uint32_t alignment = 8; alignment <= 1u << 20; alignment *= 2) {
    test::GgufWriter writer;
    writer.alignment = alignment;
    writer.add("general.alignment", alignment)
        .tensor("x", {3}, std::span(ramp).first(3))
        .tensor("y", {1}, std::span(ramp).last(1));
    const auto source = open(writer);
    float y = 0;
    source->find("y")->format->unpack(source->find("y")->bytes.data(), &y, 1);
    CHECK(y == 245.0f);
  }
}

TEST_CASE("gguf: arrays in arrays are passed over and shown as such") {
  std::string nested = test::le(9u) + test::le(9u) + test::le(std::uint64_t{2});
  nested += test::le(4u) + test::le(std::uint64_t{3}) + test::le(1u) + test::le(2u) + test::le(3u);
  nested += test::le(8u) + test::le(std::uint64_t{1}) + test::gguf_string("x");
  const auto source = open(test::GgufWriter().raw("nested", nested).add("after", 7u));
  CHECK(source->count("after") == 7);
  CHECK(source->entries().at(0).type == "array[2]");
  CHECK(source->entries().at(0).value == "[...]");
  CHECK(answer([&] { return source->integers("nested"); }).first == ondol::Status::bad_file);
}

TEST_CASE("gguf: entries are in the file's order, short and safe to print") {
  std::vector<std::string> many(1000, "word");
  many[0] = std::string("line\n\t\x7f\xff").append(100, 'x');
  const auto source = open(test::GgufWriter()
                               .add("z.first", std::string("a\x1b]0;title\x07").append(1000, '-'))
                               .add("b", many)
                               .add("a", std::vector<float>{0.1f, 1e-5f, 1e30f})
                               .add("n", std::vector<bool>{true, false})
                               .add("e", std::vector<std::uint32_t>{}));
  const auto entries = source->entries();
  REQUIRE(entries.size() == 5);
  CHECK(entries[0].key == "z.first");
  CHECK(entries[0].type == "string");
  CHECK(entries[0].value.substr(0, 20) == "a\\x1b]0;title\\x07---");
  CHECK(entries[0].value.size() == 203);
  CHECK(entries[1].type == "string[1000]");
  CHECK(entries[1].value.starts_with("[\"line\\n\\t\\x7f\xEF\xBF\xBDxxxxxxxxx...\", \"word\", \"word\", "));
  CHECK(entries[1].value.ends_with("\"word\", ...]"));
  CHECK(entries[2].value == "[0.1, 1e-05, 1e+30]");
  CHECK(entries[3].value == "[true, false]");
  CHECK(entries[4].type == "u32[0]");
  CHECK(entries[4].value == "[]");
}

TEST_CASE("gguf: a vocabulary of 262,144 strings opens without copying it") {
  std::vector<std::string> words(262144);
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = "word" + std::to_string(i);
  const test::MemoryFile file(test::GgufWriter().add("tokenizer.ggml.tokens", words).bytes());
  const auto start = std::chrono::steady_clock::now();
  const auto source = ondol::open_weights(file.path());
  const auto found = source->texts("tokenizer.ggml.tokens").value();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  CHECK(found.size() == words.size());
  CHECK(found[262143] == "word262143");
  const auto bytes = source->files()[0]->bytes();
  CHECK(reinterpret_cast<const std::byte*>(found[5].data()) > bytes.data());
  CHECK(reinterpret_cast<const std::byte*>(found[5].data()) < bytes.data() + bytes.size());
  CHECK(took.count() < 1.0);  // some 5 ms; sanitizers and busy machines take longer
}
