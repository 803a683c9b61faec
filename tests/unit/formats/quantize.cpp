#include "ondol/quantize.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "formats/format.hpp"
#include "formats/quantize.hpp"
#include "ondol/error.hpp"

TEST_CASE("quantize: types are found in small and capital letters, unknown ones are errors with the known names") {
  CHECK(ondol::storage_types().size() == ondol::formats().size());
  CHECK(ondol::storage_type("q4_k").name == "Q4_K");
  CHECK(ondol::storage_type("IQ2_XXS").block_bytes == 66);
  CHECK(ondol::storage_type("Q8_0").bits_per_weight() == 8.5);
  CHECK_THROWS_WITH_AS((void)ondol::storage_type("Q4_2"), doctest::Contains("expected one of F32, F16, Q4_0"),
                       ondol::Error);
}

TEST_CASE("quantize: dequantize takes whole rows of whole blocks") {
  const std::vector<std::byte> bytes(36);
  CHECK(ondol::dequantize("Q4_0", bytes) == std::vector<float>(64));
  CHECK(ondol::dequantize("Q4_0", bytes, 18).size() == 64);
  CHECK(ondol::dequantize("Q4_0", {}).empty());
  CHECK_THROWS_WITH_AS((void)ondol::dequantize("Q4_0", bytes, 9),
                       "a row of Q4_0 has 9 bytes, expected a multiple of 18, "
                       "as many as a block",
                       ondol::Error);
  CHECK_THROWS_WITH_AS((void)ondol::dequantize("Q4_0", std::span(bytes).first(18), 36),
                       "18 bytes of Q4_0 in rows of 36, expected whole rows", ondol::Error);
}

TEST_CASE("quantize: the bytes do not depend on the threads, and importance is that of the columns") {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  constexpr std::size_t rows = 40, columns = 768;
  std::vector<float> values(rows * columns), importance(columns);
  for (float& v : values) v = normal(random);
  for (float& i : importance) i = std::fabs(normal(random));
  for (const ondol::Format* format : ondol::formats()) {
    if (!format->pack) continue;
    CAPTURE(format->name);
    const std::size_t row_bytes = columns / format->weights * format->bytes;
    std::vector<std::byte> expected(rows * row_bytes);
    for (std::size_t row = 0; row < rows; ++row) {
      format->pack(values.data() + row * columns, importance.data(), expected.data() + row * row_bytes,
                   columns / format->weights);
    }
    for (const int threads : {1, 3}) {
      ondol::ThreadPool pool(threads);
      std::vector<std::byte> bytes(expected.size());
      ondol::quantize_rows(*format, values.data(), rows, columns, importance.data(), bytes.data(), pool);
      CHECK(bytes == expected);
    }
    CHECK(ondol::quantize(format->name, values, columns, importance) == expected);
  }
}

TEST_CASE("quantize: what cannot be is named") {
  const auto refused = [](std::string_view type, const std::vector<float>& values, std::size_t columns,
                          const std::vector<float>& importance = {}) {
    try {
      (void)ondol::quantize(type, values, columns, importance);
      return std::string("nothing");
    } catch (const ondol::Error& e) {
      return std::string(e.what());
    }
  };
  std::vector<float> values(1024, 0.5f);
  CHECK(refused("Q9", values, 0).find("storage type is \"Q9\"") == 0);
  CHECK(refused("I8", values, 0) == "I8 holds no weights: nothing is quantised to it");
  CHECK(refused("Q4_K", values, 64) == "64 weights a row, which Q4_K stores in blocks: expected a multiple of 256");
  CHECK(refused("Q4_0", values, 96) == "1024 values in rows of 96, expected whole rows");
  CHECK(refused("IQ2_XXS", values, 256) ==
        "IQ2_XXS needs the importance of each column (an importance matrix), none was given");
  CHECK(refused("Q4_0", values, 512, std::vector<float>(256, 1.0f)) ==
        "importance has 256 numbers, expected 512, one for each column");
  std::vector<float> importance(512, 1.0f);
  importance[7] = -1.0f;
  CHECK(refused("Q4_0", values, 512, importance) == "importance of column 7 is -1, expected a number of at least 0");
  values[700] = std::numeric_limits<float>::infinity();
  values[900] = std::numeric_limits<float>::quiet_NaN();
  CHECK(refused("Q4_0", values, 512) == "value in row 1, column 188 is inf, expected a finite number");
  CHECK(ondol::quantize("Q4_0", {}).empty());
}
