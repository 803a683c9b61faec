#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "data.hpp"
#include "exercise.hpp"
#include "gguf_writer.hpp"
#include "ondol/error.hpp"
#include "temp.hpp"

/// Damaged files open or are Errors, and take no more memory than their size and 64 MiB.
namespace {

namespace fs = std::filesystem;
using test::GgufWriter;

struct Tally {
  int opened = 0;
  int refused = 0;
};

/// Whether the file opened.
bool survive(const std::string& path, std::uint64_t size, Tally& tally) {
  const test::Allocations allocations;
  bool opened = false;
  try {
    test::exercise(*ondol::open_weights(path));
    opened = true;
  } catch (const ondol::Error& e) {
    const bool named = e.code() == ondol::Status::bad_file || e.code() == ondol::Status::unsupported;
    if (!named) FAIL_CHECK(e.what());
  }
  if (allocations.peak() > size + (64u << 20)) FAIL_CHECK("took ", allocations.peak(), " bytes");
  ++(opened ? tally.opened : tally.refused);
  return opened;
}

/// Where the tensors' data ends, or the metadata where there are none: shorter files have to be refused.
std::uint64_t needed(const std::string& path) {
  const auto source = ondol::open_weights(path);
  std::uint64_t end = 0;
  for (const ondol::TensorView& t : source->tensors()) {
    end = std::max<std::uint64_t>(end, t.bytes.data() + t.bytes.size() - source->files()[0]->bytes().data());
  }
  return end;
}

/// One of everything: for damage that has to reach each part of the reader.
std::string varied_file() {
  std::vector<float> values(512);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17) - 8;
  GgufWriter w;
  w.add("general.architecture", "llama").add("general.alignment", 64u).add("llama.block_count", 1u);
  w.add("a.i8", std::int8_t{-1}).add("a.u16", std::uint16_t{2}).add("a.f64", 1.5).add("a.flag", true);
  w.add("a.i64", std::int64_t{-5}).add("a.flags", std::vector<bool>{true, false, true});
  w.add("split.count", std::uint16_t{1}).add("split.no", std::uint16_t{0});
  w.add("tokenizer.ggml.tokens", std::vector<std::string>{"<unk>", "a", "b", "", "한글"});
  w.add("tokenizer.ggml.scores", std::vector<float>{0, -1, -2, -3, -4});
  w.raw("nested", test::le(9u) + test::le(9u) + test::le(std::uint64_t{2}) + test::le(0u) + test::le(std::uint64_t{2}) +
                      "xy" + test::le(8u) + test::le(std::uint64_t{1}) + test::gguf_string("z"));
  w.alignment = 64;
  w.tensor("f", {32, 4, 2, 2}, values).tensor("q", {64, 8}, values, "Q4_0").tensor("h", {512}, values, "F16");
  return w.tensor("one", {1}, std::span(values).first(1)).bytes();
}

std::vector<std::pair<std::string, std::string>> seeds() {
  std::vector<std::pair<std::string, std::string>> out{{"varied", varied_file()}};
  if (!test::has_data()) return out;
  for (const char* name : {"tiny-Q4_0.gguf", "tiny-Q6_K.gguf", "tiny-IQ4_XS.gguf", "tiny-BF16.gguf"}) {
    out.emplace_back(name, test::read(test::data(std::string("quantised/") + name)));
  }
  return out;
}

}  // namespace

TEST_CASE("gguf damage: cut off at every byte" * doctest::skip(!test::has_data())) {
  for (const std::string& whole : {varied_file(), test::read(test::data("quantised/tiny-Q4_0.gguf"))}) {
    test::MemoryFile file(whole);
    const std::uint64_t end = needed(file.path());
    CHECK(end == whole.size());
    Tally tally;
    for (std::uint64_t size = std::min<std::uint64_t>(whole.size() - 1, 65536); size > 0; --size) {
      file.resize(size);
      if (survive(file.path(), size, tally)) FAIL_CHECK("opened at ", size);
    }
    CHECK(tally.refused > 1000);
  }
}

TEST_CASE("gguf damage: every reference file cut off at every 4 KiB" * doctest::skip(!test::has_data())) {
  Tally tally;
  int files = 0;
  for (const auto& entry : fs::directory_iterator(test::data("quantised"))) {
    if (entry.path().extension() != ".gguf") continue;
    const std::string whole = test::read(entry.path());
    test::MemoryFile file(whole);
    for (std::uint64_t size = (whole.size() - 1) / 4096 * 4096; size > 0; size -= 4096) {
      file.resize(size);
      if (survive(file.path(), size, tally)) FAIL_CHECK(entry.path(), " opened at ", size);
    }
    ++files;
  }
  CHECK(files > 20);
  CHECK(tally.refused > 1000);
}

TEST_CASE("gguf damage: vocabularies cut off at every 4 KiB") {
  const fs::path folder = test::unpacked("vocabs");
  if (!fs::is_directory(folder)) return;
  for (const char* name : {"gpt-2.gguf", "llama-spm.gguf", "bert-bge.gguf"}) {
    CAPTURE(name);
    const std::string whole = test::read(folder / name);
    test::MemoryFile file(whole);
    Tally tally;
    for (std::uint64_t size = (whole.size() - 1) / 4096 * 4096; size > 0; size -= 4096) {
      file.resize(size);
      if (survive(file.path(), size, tally)) FAIL_CHECK("opened at ", size);
    }
    CHECK(tally.refused > 100);
  }
}

TEST_CASE("gguf damage: flipped bits") {
  std::mt19937 random(20260);
  Tally tally;
  for (const auto& [name, whole] : seeds()) {
    CAPTURE(name);
    const std::size_t head = std::min<std::size_t>(whole.size(), 8192);  // metadata and tensor table
    test::MemoryFile file(whole);
    for (int i = 0; i < 1000; ++i) {
      std::string damaged = whole.substr(0, head);
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
        damaged[random() % head] ^= static_cast<char>(1 << random() % 8);
      file.put(0, damaged);
      survive(file.path(), whole.size(), tally);
    }
  }
  CHECK(tally.opened > 100);  // in names, texts and weights they are harmless
  CHECK(tally.refused > 100);
}

TEST_CASE("gguf damage: lying numbers anywhere in the head") {
  constexpr std::uint64_t one = 1;
  const std::vector<std::uint64_t> lies{0,
                                        1,
                                        3,
                                        7,
                                        255,
                                        65535,
                                        one << 20,
                                        one << 30,
                                        one << 31,
                                        one << 32,
                                        (one << 61) + 1,
                                        (one << 63) - 1,
                                        one << 63,
                                        ~one,
                                        ~(one - 1)};
  std::mt19937 random(77);
  Tally tally;
  for (const auto& [name, whole] : seeds()) {
    CAPTURE(name);
    const std::size_t head = std::min<std::size_t>(whole.size(), name == "varied" ? 1600 : 8192) - 8;
    test::MemoryFile file(whole);
    // Every byte of the varied file's head, random ones of the others.
    for (std::size_t i = 0; i < (name == "varied" ? head : 800); ++i) {
      const std::size_t at = name == "varied" ? i : random() % head;
      const std::string lie = test::le(lies[random() % lies.size()]).substr(0, random() % 2 == 0 ? 4 : 8);
      file.put(at, lie);
      survive(file.path(), whole.size(), tally);
      file.put(at, std::string_view(whole).substr(at, lie.size()));
    }
  }
  CHECK(tally.opened + tally.refused > 2000);
  CHECK(tally.refused > 1000);
}

TEST_CASE("gguf damage: pieces put in, taken out and doubled") {
  std::mt19937 random(5);
  Tally tally;
  for (const auto& [name, whole] : seeds()) {
    CAPTURE(name);
    for (int i = 0; i < 300; ++i) {
      std::string damaged = whole;
      const std::size_t at = random() % std::min<std::size_t>(whole.size(), 8192);
      const std::size_t length = random() % 64;
      if (i % 3 == 0) damaged.erase(at, length);
      if (i % 3 == 1) damaged.insert(at, whole.substr(random() % whole.size(), length));
      if (i % 3 == 2) damaged.replace(at, length, std::string(length, static_cast<char>(random())));
      const test::MemoryFile file(damaged);
      survive(file.path(), damaged.size(), tally);
    }
  }
  CHECK(tally.refused > 500);
}

TEST_CASE("gguf damage: the most that a file may hold stays within the limit") {
  GgufWriter keys;
  for (int i = 0; i < 65536; ++i) keys.add(std::to_string(i), std::uint8_t{0});
  GgufWriter tensors;
  tensors.alignment = 8;
  tensors.add("general.alignment", 8u);
  for (int i = 0; i < 131072; ++i) {
    tensors.tensors.push_back({.name = std::to_string(i), .shape = {1, 1, 1, 1}, .type = 0, .data = "1234"});
  }
  GgufWriter texts;
  texts.add("texts", std::vector<std::string>(1u << 22));
  GgufWriter bytes;
  bytes.add("bytes", std::vector<std::uint8_t>(1u << 22));
  for (const GgufWriter& writer : {keys, tensors, texts, bytes}) {
    const std::string whole = writer.bytes();
    const test::MemoryFile file(whole);
    Tally tally;
    CHECK(survive(file.path(), whole.size(), tally));
  }
  GgufWriter more;
  more.add("texts", std::vector<std::string>((1u << 22) + 1));
  const test::MemoryFile file(more.bytes());
  const auto source = ondol::open_weights(file.path());
  CHECK_THROWS_WITH_AS((void)source->texts("texts"), doctest::Contains("at most 4194304 elements"), ondol::Error);
}
