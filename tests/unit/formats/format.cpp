#include "formats/format.hpp"

#include <doctest/doctest.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/half.hpp"
#include "data.hpp"

namespace {

std::vector<std::byte> pack(const ondol::Format& format, const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() / format.weights * format.bytes);
  format.pack(values.data(), nullptr, bytes.data(), values.size() / format.weights);
  return bytes;
}

std::vector<float> unpack(const ondol::Format& format, const std::vector<std::byte>& bytes) {
  std::vector<float> values(bytes.size() / format.bytes * format.weights);
  format.unpack(bytes.data(), values.data(), bytes.size() / format.bytes);
  return values;
}

std::string hex(const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte b : bytes) {
    text += "0123456789abcdef"[std::to_integer<int>(b) >> 4];
    text += "0123456789abcdef"[std::to_integer<int>(b) & 15];
  }
  return text;
}

/// Normal values, then the awkward blocks: zeros, a constant, negatives, an outlier, tiny values.
std::vector<float> samples() {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::vector<float> values(64 * 32);
  for (float& v : values) v = normal(random);
  const auto block = [&](int i) { return values.begin() + i * 32; };
  std::fill(block(0), block(1), 0.0f);
  std::fill(block(1), block(2), 0.75f);
  std::transform(block(2), block(3), block(2), [](float v) { return -std::fabs(v); });
  *block(3) = 1000.0f;
  std::transform(block(4), block(5), block(4), [](float v) { return v * 1e-30f; });
  return values;
}

}  // namespace

TEST_CASE("formats: the table is in the order of ids, without repetitions, and found by id and name") {
  std::int64_t last = -1;
  for (const ondol::Format* format : ondol::formats()) {
    CAPTURE(format->name);
    CHECK(ondol::find_format(format->name) == format);
    if (format->gguf_id == ondol::no_gguf_id) {
      last = ondol::no_gguf_id;
    } else {
      CHECK(static_cast<std::int64_t>(format->gguf_id) > last);
      last = format->gguf_id;
      CHECK(ondol::find_format(format->gguf_id) == format);
      CHECK(ondol::format_name(format->gguf_id) == format->name);
    }
    CHECK((format->unpack != nullptr));
    CHECK(format->weights > 0);
  }
  CHECK(ondol::formats().size() == 37);
  CHECK(ondol::find_format(ondol::no_gguf_id) == nullptr);
  CHECK(ondol::find_format(255u) == nullptr);
  CHECK(ondol::find_format("q4_0") == nullptr);
  CHECK(ondol::find_format(9u) == nullptr);
  CHECK(ondol::format_name(9u) == "Q8_1");
  CHECK(ondol::format_name(255u).empty());
}

TEST_CASE("formats: bytes of a block -16, -15 ... 15 as the reference quantiser makes them" *
          doctest::skip(!test::has_data())) {
  std::vector<float> ramp(32);
  for (int i = 0; i < 32; ++i) ramp[static_cast<std::size_t>(i)] = static_cast<float>(i - 16);
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(test::data("examples/examples.json").string());
  int seen = 0;
  for (const auto [name, expected] : root["block"].get_object()) {
    CAPTURE(name);
    const ondol::Format* format = ondol::find_format(name);
    REQUIRE(format != nullptr);
    REQUIRE((format->pack != nullptr));
    const auto bytes = pack(*format, ramp);
    CHECK(hex(bytes) == std::string(expected["hex"].get_string().value()));
    const auto values = unpack(*format, bytes);
    std::size_t i = 0;
    double square = 0;
    for (const double value : expected["values"].get_array()) {
      CHECK(std::fabs(values.at(i) - value) <= 5.0001e-8);  // rounded to seven decimals there, in double here
      square += std::pow(static_cast<double>(values.at(i)) - ramp.at(i), 2);
      ++i;
    }
    CHECK(i == 32);
    CHECK(std::fabs(std::sqrt(square / 32) - expected["rms_error"].get_double().value()) <= 5.0001e-7);
    CHECK(format->bytes * 8.0 / format->weights == expected["bits_per_weight"].get_double().value());
    ++seen;
  }
  CHECK(seen == 5);
}

TEST_CASE("formats: sizes of Llama-2-7B in each type" * doctest::skip(!test::has_data())) {
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(test::data("examples/examples.json").string());
  for (const auto [name, bytes] : root["sizes7b"].get_object()) {
    CAPTURE(name);
    const ondol::Format* format = ondol::find_format(name);
    REQUIRE(format != nullptr);
    CHECK(std::uint64_t{6738415616} / format->weights * format->bytes == bytes.get_uint64().value());
  }
}

TEST_CASE("formats: what rounds each value errs by no more than the step allows, and packed values stay as they are") {
  const std::vector<float> values = samples();
  for (const std::string name :
       {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"}) {
    CAPTURE(name);
    const ondol::Format* format = ondol::find_format(name);
    const auto bytes = pack(*format, values);
    const auto first = unpack(*format, bytes);
    for (std::size_t block = 0; block + 32 <= values.size(); block += 32) {
      const auto [low, high] = std::minmax_element(values.begin() + static_cast<std::ptrdiff_t>(block),
                                                   values.begin() + static_cast<std::ptrdiff_t>(block + 32));
      const double peak = std::max(std::fabs(*low), std::fabs(*high));
      const double spread = static_cast<double>(*high) - *low;
      const double step = name == "Q4_0"   ? peak / 8
                          : name == "Q4_1" ? spread / 15
                          : name == "Q5_0" ? peak / 16
                          : name == "Q5_1" ? spread / 31
                          : name == "Q8_0" ? peak / 127
                                           : 0.0;
      // Symmetric types cannot reach the far end by one step; scales are float16, as is F16 itself; BF16 has 8 bits.
      const bool clipped = name == "Q4_0" || name == "Q5_0";
      const double rounding = name == "F32" || name == "F64" ? 0.0
                              : name == "BF16"               ? peak / 256
                              : name == "F8_E4M3"            ? std::max(peak - 448, peak / 16) + 0x1p-10
                              : name == "F8_E5M2"            ? peak / 8 + 0x1p-17
                                                             : peak / 512 + 0x1p-20;
      for (std::size_t i = block; i < block + 32; ++i) {
        REQUIRE(std::fabs(first[i] - values[i]) <= step * (clipped ? 1.0 : 0.5) + rounding);
      }
    }
    if (format->weights == 1) CHECK(pack(*format, first) == bytes);
  }
}

TEST_CASE("formats: blocks do not influence each other and need no alignment") {
  std::mt19937 random(11);
  for (const ondol::Format* format : ondol::formats()) {
    CAPTURE(format->name);
    constexpr std::size_t blocks = 5;
    std::vector<std::byte> bytes(blocks * format->bytes);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random());
    const std::size_t n = blocks * format->weights;
    std::vector<float> all(n), shifted(n), single(n);
    format->unpack(bytes.data(), all.data(), blocks);
    std::vector<std::byte> odd(bytes.size() + 1);
    std::copy(bytes.begin(), bytes.end(), odd.begin() + 1);
    format->unpack(odd.data() + 1, shifted.data(), blocks);
    for (std::size_t i = 0; i < blocks; ++i) {
      format->unpack(bytes.data() + i * format->bytes, single.data() + i * format->weights, 1);
    }
    const auto same = [&](const std::vector<float>& other) {
      return std::equal(all.begin(), all.end(), other.begin(), [](float a, float b) {
        return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
      });
    };
    CHECK(same(shifted));
    CHECK(same(single));
    format->unpack(nullptr, nullptr, 0);
  }
}

TEST_CASE("formats: eight-bit floats keep their values and round to the nearest, even of two as near") {
  struct Example {
    const char* format;
    float value;
    unsigned code;
  };
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Example& e : {Example{"F8_E4M3", 448.0f, 0x7E},
                           {"F8_E4M3", 1e30f, 0x7E},
                           {"F8_E4M3", -infinity, 0xFE},
                           {"F8_E4M3", 0x1p-9f, 0x01},
                           {"F8_E4M3", 0x1p-10f, 0x00},
                           {"F8_E4M3", 0x1.8p-9f, 0x02},
                           {"F8_E4M3", 0x1.Fp-7f, 0x08},
                           {"F8_E4M3", 1.0f, 0x38},
                           {"F8_E4M3", 1.0625f, 0x38},
                           {"F8_E4M3", 1.1875f, 0x3A},
                           {"F8_E4M3", -0.0f, 0x80},
                           {"F8_E5M2", 57344.0f, 0x7B},
                           {"F8_E5M2", 61439.0f, 0x7B},
                           {"F8_E5M2", 61440.0f, 0x7C},
                           {"F8_E5M2", 0x1p-16f, 0x01},
                           {"F8_E5M2", 0x1p-17f, 0x00},
                           {"F8_E5M2", -1.0f, 0xBC},
                           {"F8_E5M2", 1.125f, 0x3C}}) {
    CAPTURE(e.format);
    CAPTURE(e.value);
    CHECK(std::to_integer<unsigned>(pack(*ondol::find_format(e.format), {e.value}).front()) == e.code);
  }
  for (const char* name : {"F8_E4M3", "F8_E5M2"}) {
    CAPTURE(name);
    const ondol::Format& format = *ondol::find_format(name);
    std::vector<std::byte> codes(256);
    for (int i = 0; i < 256; ++i) codes[static_cast<std::size_t>(i)] = static_cast<std::byte>(i);
    const std::vector<float> values = unpack(format, codes);
    for (int i = 0; i < 256; ++i) {
      CAPTURE(i);
      const float value = values[static_cast<std::size_t>(i)];
      const auto code = std::to_integer<int>(pack(format, {value}).front());
      if (std::isnan(value)) {
        CHECK(std::isnan(unpack(format, pack(format, {value})).front()));
      } else {
        CHECK(code == i);
        CHECK(std::signbit(value) == (i >= 128));
        if (i % 128 > 0) CHECK(std::fabs(value) > std::fabs(values[static_cast<std::size_t>(i - 1)]));
      }
    }
  }
}

TEST_CASE("formats: whole numbers and doubles become the float32 next to them") {
  const auto value = [](const char* format, auto x) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&x);
    return unpack(*ondol::find_format(format), {bytes, bytes + sizeof x}).front();
  };
  CHECK(value("I8", std::int8_t{-128}) == -128.0f);
  CHECK(value("U8", std::uint8_t{200}) == 200.0f);
  CHECK(value("BOOL", std::uint8_t{1}) == 1.0f);
  CHECK(value("I16", std::int16_t{-32768}) == -32768.0f);
  CHECK(value("I32", std::int32_t{16777217}) == 16777216.0f);
  CHECK(value("I64", std::int64_t{1} << 40) == 0x1p40f);
  CHECK(value("F64", 0.1) == 0.1f);
}
