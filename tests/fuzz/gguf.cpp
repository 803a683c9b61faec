#include "data.hpp"
#include "files/exercise.hpp"
#include "files/gguf_writer.hpp"
#include "ondol/error.hpp"
#include "target.hpp"
#include "temp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::MemoryFile file({reinterpret_cast<const char*>(data), size});
  try {
    test::exercise(*ondol::open_weights(file.path()));
  } catch (const ondol::Error&) {
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  const std::vector<float> values(64, 0.5f);
  test::GgufWriter w;
  w.add("general.architecture", "llama").add("general.alignment", 32u).add("split.count", std::uint16_t{1});
  w.add("f", 1.5f).add("i", std::int64_t{-1}).add("b", true).add("d", 2.0);
  w.add("texts", std::vector<std::string>{"a", "", "b"}).add("flags", std::vector<bool>{true, false});
  w.raw("nested",
        test::le(9u) + test::le(9u) + test::le(std::uint64_t{1}) + test::le(0u) + test::le(std::uint64_t{2}) + "xy");
  for (const ondol::Format* format : ondol::formats()) {
    if (format->gguf_id == ondol::no_gguf_id) continue;
    const std::uint64_t columns = std::max(format->weights, 2u);
    const std::uint64_t bytes = 2 * columns / format->weights * format->bytes;
    w.tensors.push_back({.name = std::string(format->name),
                         .shape = {columns, 2},
                         .type = format->gguf_id,
                         .data = std::string(bytes, '\x35')});
  }
  w.tensor("one", {}, std::span(values).first(1));
  std::vector<std::string> seeds{w.bytes()};
  w.version = 2;
  seeds.push_back(w.bytes());
  if (test::has_data()) seeds.push_back(test::read(test::data("quantised/tiny-Q4_0.gguf")).substr(0, 200000));
  return seeds;
}
