#include "files/split.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "gguf_writer.hpp"
#include "refused.hpp"
#include "temp.hpp"

namespace {

using ondol::Status;
using test::GgufWriter;

/// Part `number` (from 0) of a model of `count` parts with one tensor "t0", "t1" ... each.
GgufWriter part(std::uint16_t number, std::uint16_t count) {
  GgufWriter w;
  if (number == 0) w.add("general.architecture", "llama").add("general.name", "whole");
  w.add("split.no", number).add("split.count", count).add("split.tensors.count", std::int32_t{count});
  const std::vector<float> values(4, number);
  return w.tensor(fmt::format("t{}", number), {4}, values);
}

std::string name(int number, int count) { return fmt::format("m-{:05}-of-{:05}.gguf", number, count); }

struct Parts {
  test::TempFolder folder;
  Parts() {
    for (std::uint16_t i = 0; i < 3; ++i) folder.write(name(i + 1, 3), part(i, 3).bytes());
  }
};

}  // namespace

TEST_CASE("split: any part gives the whole model, keys from the first and tensors from all") {
  const Parts parts;
  for (int given = 1; given <= 3; ++given) {
    const auto source = ondol::open_weights(parts.folder.path(name(given, 3)));
    CHECK(source->path() == parts.folder.path(name(given, 3)));
    CHECK(source->files().size() == 3);
    CHECK(source->text("general.name") == "whole");
    REQUIRE(source->tensors().size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      const ondol::TensorView* t = source->find(fmt::format("t{}", i));
      REQUIRE(t != nullptr);
      CHECK(t->file == i);
      float value = -1;
      t->format->unpack(t->bytes.data(), &value, 1);
      CHECK(value == static_cast<float>(i));
    }
  }
}

TEST_CASE("split: one part of one needs no special name") {
  const test::TempFolder folder;
  CHECK(ondol::open_weights(folder.write("any.gguf", part(0, 1).bytes()))->tensors().size() == 1);
}

TEST_CASE("split: a missing, repeated, foreign, renamed or damaged part is an error that names it") {
  const auto refused = [](auto damage, Status code, std::initializer_list<std::string_view> words) {
    for (int given = 1; given <= 3; ++given) {
      const Parts parts;
      damage(parts.folder);
      if (std::filesystem::exists(parts.folder.path(name(given, 3)))) {
        test::check_refused(parts.folder.path(name(given, 3)), code, words);
      }
    }
  };
  using test::TempFolder;
  refused([](const TempFolder& f) { std::filesystem::remove(f.path(name(2, 3))); }, Status::not_found,
          {"part 2 of 3", "m-00002-of-00003.gguf"});
  refused([](const TempFolder& f) { f.write(name(2, 3), ""); }, Status::bad_file, {"m-00002-of-00003.gguf", "empty"});
  refused([](const TempFolder& f) { f.write(name(2, 3), part(1, 3).bytes().substr(0, 150)); }, Status::bad_file,
          {"m-00002-of-00003.gguf"});
  refused([](const TempFolder& f) { f.write(name(2, 3), part(0, 3).bytes()); }, Status::bad_file,
          {"m-00002-of-00003.gguf", "part 1 of 3"});
  refused([](const TempFolder& f) { f.write(name(2, 3), part(1, 4).bytes()); }, Status::bad_file,
          {"m-00002-of-00003.gguf", "part 2 of 4"});
  refused([](const TempFolder& f) { f.write(name(2, 3), GgufWriter().add("split.no", std::uint16_t{1}).bytes()); },
          Status::bad_file, {"m-00002-of-00003.gguf", "'split.no'", "0 .. 0"});
  refused([](const TempFolder& f) { f.write(name(2, 3), part(1, 3).add("general.name", "other").bytes()); },
          Status::bad_file, {"m-00002-of-00003.gguf", "'general.name'", "other", "whole", "another model"});
  refused(
      [](const TempFolder& f) {
        GgufWriter w = part(1, 3);
        w.tensors[0].name = "t0";
        f.write(name(2, 3), w.bytes());
      },
      Status::bad_file, {"tensor 't0' is both in", "m-00001-of-00003.gguf", "m-00002-of-00003.gguf"});
  refused(
      [](const TempFolder& f) {
        GgufWriter w = part(1, 3);
        w.tensors.clear();
        f.write(name(2, 3), w.bytes());
      },
      Status::bad_file, {"'split.tensors.count' is 3", "2 tensors"});
}

TEST_CASE("split: names and keys that make no sense") {
  const test::TempFolder folder;
  const auto refused = [&](std::string_view file, const GgufWriter& w, std::initializer_list<std::string_view> words) {
    test::check_refused(folder.write(file, w.bytes()), Status::bad_file, words);
  };
  refused("renamed.gguf", part(0, 3), {"renamed.gguf", "-00001-of-00003.gguf"});
  refused("m-00002-of-00003.gguf", part(0, 3), {"-00001-of-00003.gguf"});
  refused("a.gguf", part(3, 3), {"'split.no'", "u16 3", "0 .. 2"});
  refused("a.gguf", GgufWriter().add("split.count", "../../etc/passwd"), {"'split.count'", "string ../../etc/passwd"});
  refused("a.gguf", GgufWriter().add("split.count", ~std::uint64_t{0}), {"'split.count'", "18446744073709551615"});
  refused("a.gguf", GgufWriter().add("split.count", -3), {"'split.count'", "-3"});
  refused("a.gguf", GgufWriter().add("split.count", 3.0f), {"'split.count'", "f32 3"});
  refused("a.gguf", GgufWriter().add("split.no", std::vector<std::uint16_t>{0}), {"'split.no'", "u16[1]"});
}
