#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "gguf_writer.hpp"
#include "refused.hpp"
#include "temp.hpp"

/// The attacks that model readers have met in the field (group A of the list of bad inputs), one file each.
namespace {

using ondol::Status;
using test::gguf_string;
using test::GgufWriter;
using test::le;

constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
const std::vector<float> row(32, 1.0f);

GgufWriter good() {
  return GgufWriter().add("general.architecture", "llama").tensor("x", {32}, row).tensor("y", {32}, row);
}

struct Attack {
  std::string name;
  std::function<void(GgufWriter&)> damage;
  std::vector<std::string> words;
  Status code = Status::bad_file;
};

void check(const Attack& attack, const std::string& bytes) {
  CAPTURE(attack.name);
  const test::MemoryFile file(bytes);
  try {
    test::exercise(*ondol::open_weights(file.path()));
    FAIL_CHECK("the file opened");
  } catch (const ondol::Error& e) {
    const std::string message = e.what();
    CAPTURE(message);
    CHECK(e.code() == attack.code);
    CHECK(e.offset() >= 0);
    CHECK(message.find(", byte " + std::to_string(e.offset()) + ": ") != std::string::npos);
    CHECK(message.starts_with(file.path() + ": "));
    for (const std::string& word : attack.words)
      CHECK_MESSAGE(message.find(word) != std::string::npos, "no '", word, "'");
  }
}

void check(const Attack& attack) {
  GgufWriter writer = good();
  attack.damage(writer);
  check(attack, writer.bytes());
}

std::string array(std::uint32_t element, std::uint64_t length) { return le(9u) + le(element) + le(length); }

}  // namespace

TEST_CASE("gguf attacks: the file they start from is good") {
  const test::MemoryFile file(good().bytes());
  CHECK(ondol::open_weights(file.path())->tensors().size() == 2);
}

TEST_CASE("gguf attacks: header") {
  for (const Attack& attack : std::vector<Attack>{
           {"another magic", [](GgufWriter& w) { w.magic = "GGML"; }, {"header", "'GGML'", "'GGUF'"}},
           {"binary magic", [](GgufWriter& w) { w.magic = "\x80\x02}\x1b"; }, {"\\x1b"}},
           {"version 0", [](GgufWriter& w) { w.version = 0; }, {"version 0", "2 or 3"}, Status::unsupported},
           {"version 1", [](GgufWriter& w) { w.version = 1; }, {"version 1", "2 or 3"}, Status::unsupported},
           {"version 4", [](GgufWriter& w) { w.version = 4; }, {"version 4", "2 or 3"}, Status::unsupported},
           {"big-endian", [](GgufWriter& w) { w.version = 0x03000000; }, {"big-endian"}, Status::unsupported},
           {"big-endian magic", [](GgufWriter& w) { w.magic = "FUGG"; }, {"big-endian"}, Status::unsupported},
       }) {
    check(attack);
  }
}

TEST_CASE("gguf attacks: counts and lengths near 2^63 and 2^64, or just absurd") {
  for (const std::uint64_t n :
       {std::uint64_t{1} << 30, std::uint64_t{1} << 32, (std::uint64_t{1} << 61) + 1, (std::uint64_t{1} << 62) + 1,
        (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63, top - 7, top - 1, top}) {
    const std::string found = std::to_string(n);
    for (const Attack& attack : std::vector<Attack>{
             {"tensors", [n](GgufWriter& w) { w.tensor_count = n; }, {"number of tensors", found}},
             {"keys", [n](GgufWriter& w) { w.key_count = n; }, {"number of keys", found}},
             {"string", [n](GgufWriter& w) { w.raw("s", le(8u) + le(n)); }, {"key 1 's'", "string needs " + found}},
             {"array of bytes", [n](GgufWriter& w) { w.raw("s", array(0, n)); }, {"key 1 's'", "array of " + found}},
             {"array of u16", [n](GgufWriter& w) { w.raw("s", array(2, n)); }, {"key 1 's'", "array of " + found}},
             {"array of u64", [n](GgufWriter& w) { w.raw("s", array(10, n)); }, {"key 1 's'", "array of " + found}},
             {"array of strings", [n](GgufWriter& w) { w.raw("s", array(8, n)); }, {"key 1 's'", "array of " + found}},
             {"string in an array",
              [n](GgufWriter& w) { w.raw("s", array(8, 1) + le(n)); },
              {"key 1 's'", "needs " + found}},
             {"array in an array",
              [n](GgufWriter& w) { w.raw("s", array(9, 1) + le(0u) + le(n)); },
              {"key 1 's'", found}},
             {"arrays in an array", [n](GgufWriter& w) { w.raw("s", array(9, n)); }, {"key 1 's'", found}},
             {"columns", [n](GgufWriter& w) { w.tensors[1].shape = {n / 32 * 32}; }, {"tensor 1 'y'", "does not fit"}},
             {"rows",
              [n](GgufWriter& w) {
                w.tensors[1].shape = {32, n};
              },
              {"tensor 1 'y'", "does not fit"}},
             {"product wraps",
              [n](GgufWriter& w) {
                w.tensors[1].shape = {32, n, n, n};
              },
              {"tensor 1 'y'", "does not fit"}},
             {"offset",
              [n](GgufWriter& w) { w.tensors[1].offset = n / 32 * 32; },
              {"tensor", "'y'", "the file ends at"}},
         }) {
      CAPTURE(n);
      check(attack);
    }
    check({"key name", {}, {"key 0", "name needs " + found}}, good().bytes().replace(24, 8, le(n)));
  }
}

TEST_CASE("gguf attacks: keys and values") {
  std::string deep = le(9u);
  for (int i = 0; i < 100000; ++i) deep += le(9u) + le(std::uint64_t{1});
  std::string wide = le(9u);  // a few more levels than allowed
  for (int i = 0; i < 9; ++i) wide += le(9u) + le(std::uint64_t{1});
  wide += le(0u) + le(std::uint64_t{0});
  for (const Attack& attack : std::vector<Attack>{
           {"empty key", [](GgufWriter& w) { w.add("", 1u); }, {"key 1", "name is empty"}},
           {"long key", [](GgufWriter& w) { w.add(std::string(65536, 'k'), 1u); }, {"key 1", "65536", "65535"}},
           {"key with controls", [](GgufWriter& w) { w.add("a\x1b[2J", 1u); }, {"key 1", "a\\x1b[2J"}},
           {"key of no UTF-8", [](GgufWriter& w) { w.add("a\xff", 1u); }, {"key 1", "UTF-8"}},
           {"repeated key",
            [](GgufWriter& w) { w.add("a", 1u).add("b", 1u).add("a", 1u); },
            {"key 'a'", "already at byte"}},
           {"value type 13", [](GgufWriter& w) { w.raw("v", le(13u)); }, {"key 1 'v'", "is 13", "0 .. 12"}},
           {"value type 255", [](GgufWriter& w) { w.raw("v", le(255u)); }, {"key 1 'v'", "is 255"}},
           {"value type 2^32 - 1", [](GgufWriter& w) { w.raw("v", le(~0u)); }, {"key 1 'v'", "is 4294967295"}},
           {"element type 255", [](GgufWriter& w) { w.raw("v", array(255, 0)); }, {"key 1 'v'", "is 255"}},
           {"bool 7", [](GgufWriter& w) { w.raw("v", le(7u) + "\x07"); }, {"key 1 'v'", "is 7", "0 or 1"}},
           {"bool 7 in an array",
            [](GgufWriter& w) { w.raw("v", array(7, 3) + std::string("\0\1\7", 3)); },
            {"key 1 'v'", "is 7"}},
           {"arrays without end",
            [&](GgufWriter& w) { w.raw("v", deep); },
            {"key 1 'v'", "nested"},
            Status::unsupported},
           {"nine arrays deep", [&](GgufWriter& w) { w.raw("v", wide); }, {"key 1 'v'", "nested"}, Status::unsupported},
           {"too many keys",
            [](GgufWriter& w) {
              for (int i = 0; i < 65536; ++i) w.add(std::to_string(i), std::uint8_t{0});
            },
            {"number of keys is 65537"},
            Status::unsupported},
       }) {
    check(attack);
  }
}

TEST_CASE("gguf attacks: alignment") {
  const auto aligned = [](auto value) { return [value](GgufWriter& w) { w.add("general.alignment", value); }; };
  for (const Attack& attack : std::vector<Attack>{
           {"0", aligned(0u), {"general.alignment", "u32 0"}},
           {"3", aligned(3u), {"general.alignment", "u32 3"}},
           {"4", aligned(4u), {"general.alignment", "u32 4"}},
           {"48", aligned(48u), {"general.alignment", "u32 48", "power of two"}},
           {"2^30", aligned(1u << 30), {"general.alignment", "u32 1073741824"}},
           {"2^31", aligned(1u << 31), {"general.alignment", "u32 2147483648"}},
           {"a string", aligned("32"), {"general.alignment", "string 32"}},
           {"u64", aligned(std::uint64_t{32}), {"general.alignment", "u64 32"}},
           {"negative", aligned(-32), {"general.alignment", "i32 -32"}},
           {"an array", aligned(std::vector<std::uint32_t>{32}), {"general.alignment", "u32[1]"}},
           {"of another value", aligned(1024u), {"tensor 1 'y'", "data offset 128", "multiple of 1024"}},
       }) {
    check(attack);
  }
}

TEST_CASE("gguf attacks: tensors") {
  for (const Attack& attack : std::vector<Attack>{
           {"dimension 0", [](GgufWriter& w) { w.tensors[1].shape = {0}; }, {"tensor 1 'y'", "dimension 0 is 0"}},
           {"dimension 0 behind",
            [](GgufWriter& w) {
              w.tensors[1].shape = {32, 1, 0};
            },
            {"tensor 1 'y'", "dimension 2 is 0"}},
           {"0 times a huge one",
            [](GgufWriter& w) {
              w.tensors[1].shape = {top, top, 0};
            },
            {"dimension 2 is 0"}},
           {"5 dimensions",
            [](GgufWriter& w) {
              w.tensors[1].shape = {32, 1, 1, 1, 1};
            },
            {"tensor 1 'y'", "5 dimensions"}},
           {"2^32 - 1 dimensions", [](GgufWriter& w) { w.tensors[1].dimensions = ~0u; }, {"4294967295 dimensions"}},
           {"part of a block",
            [](GgufWriter& w) {
              w.tensor("q", {32}, row, "Q4_0").tensors[2].shape = {16, 2};
            },
            {"tensor 2 'q'", "16 weights a row", "Q4_0", "multiple of 32"}},
           {"unknown type",
            [](GgufWriter& w) { w.tensors[1].type = 250; },
            {"tensor 1 'y'", "storage type 250"},
            Status::unsupported},
           {"removed type", [](GgufWriter& w) { w.tensors[1].type = 4; }, {"storage type Q4_2"}, Status::unsupported},
           {"type of activations",
            [](GgufWriter& w) { w.tensors[1].type = 9; },
            {"tensor 1 'y'", "storage type Q8_1"},
            Status::unsupported},
           {"the id of types without one",
            [](GgufWriter& w) { w.tensors[1].type = 0xFFFFFFFFu; },
            {"tensor 1 'y'", "storage type 4294967295"},
            Status::unsupported},
           {"past the end",
            [](GgufWriter& w) { w.tensors[1].data.pop_back(); },
            {"'y'", "128 bytes", "the file ends at"}},
           {"far past the end", [](GgufWriter& w) { w.tensors[1].offset = 1 << 20; }, {"'y'", "+ 1048576"}},
           {"no data at all",
            [](GgufWriter& w) { w.tensors[0].data.clear(), w.tensors[1].data.clear(), w.tensors[1].offset = 128; },
            {"'x'", "the file ends at"}},
           {"offset between the marks",
            [](GgufWriter& w) { w.tensors[1].offset = 100; },
            {"tensor 1 'y'", "100", "multiple of 32"}},
           {"overlap", [](GgufWriter& w) { w.tensors[1].offset = 96; }, {"'y'", "overlaps", "'x'"}},
           {"same place", [](GgufWriter& w) { w.tensors[1].offset = 0; }, {"overlaps"}},
           {"repeated", [](GgufWriter& w) { w.tensors[1].name[0] = 'x'; }, {"tensor 'x'", "already at byte"}},
           {"no name", [](GgufWriter& w) { w.tensors[1].name.clear(); }, {"tensor 1", "name is empty"}},
           {"name of 64 KiB",
            [](GgufWriter& w) { w.tensors[1].name = std::string(65536, 'n'); },
            {"tensor 1", "65536"}},
           {"name with NUL",
            [](GgufWriter& w) { w.tensors[1].name = std::string("y\0z", 3); },
            {"tensor 1", "y\\x00z"}},
           {"more than stated", [](GgufWriter& w) { w.tensor_count = 3; }, {"tensor 2"}},
       }) {
    check(attack);
  }
}

TEST_CASE("gguf attacks: what looks odd but is harmless opens") {
  GgufWriter w = good();
  w.tensors[1].name = std::string(80, 'n');
  w.tensors[1].offset = 4096;  // a hole
  w.tensors[0].data.resize(4096);
  w.add("tokenizer.ggml.tokens", std::vector<std::string>{"<0x-1>", "a", "a"});
  w.add("tokenizer.ggml.scores", std::vector<std::uint8_t>{1, 2});
  const test::MemoryFile file(w.bytes() + std::string(100, '\xff'));
  const auto source = ondol::open_weights(file.path());
  CHECK(source->find(std::string(80, 'n'))->bytes.size() == 128);
  CHECK(source->numbers("tokenizer.ggml.scores") == std::vector<double>{1, 2});  // by their own type
}

TEST_CASE("gguf attacks: no file, no regular file, an empty one, text") {
  const test::TempFolder folder;
  test::check_refused(folder.path("none.gguf"), Status::not_found, {"none.gguf"});
  test::check_refused(folder.path(""), Status::not_found, {"config.json"});  // a folder that holds no model
  test::check_refused(folder.write("empty.gguf", ""), Status::bad_file, {"empty.gguf", "empty"});
  test::check_refused(folder.write("text.gguf", "hello"), Status::bad_file, {"text.gguf", "'hell'"});
  test::check_refused(folder.write("three.gguf", "GGU"), Status::bad_file, {"needs 4 bytes, 3 are left"});
}
