#include "ondol/quantize.hpp"

#include <doctest/doctest.h>

#include <string>

#include "formats/format.hpp"
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
