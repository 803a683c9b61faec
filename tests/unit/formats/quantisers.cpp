#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "formats/format.hpp"

namespace {

using ondol::Format;

std::vector<std::byte> pack(const Format& format, const std::vector<float>& values, const float* importance = nullptr) {
  std::vector<std::byte> bytes(values.size() / format.weights * format.bytes);
  format.pack(values.data(), importance, bytes.data(), values.size() / format.weights);
  return bytes;
}

std::vector<float> unpack(const Format& format, const std::vector<std::byte>& bytes) {
  std::vector<float> values(bytes.size() / format.bytes * format.weights);
  format.unpack(bytes.data(), values.data(), bytes.size() / format.bytes);
  return values;
}

std::vector<float> stored(const Format& format, const std::vector<float>& values, const float* importance = nullptr) {
  return unpack(format, pack(format, values, importance));
}

std::vector<float> normal(std::size_t count, unsigned seed, float deviation = 1.0f) {
  std::mt19937 random(seed);
  std::normal_distribution<float> distribution(0.0f, deviation);
  std::vector<float> values(count);
  for (float& v : values) v = distribution(random);
  return values;
}

/// sqrt(sum of weight (a - b)^2 / sum of weight b^2).
double relative_error(const std::vector<float>& a, const std::vector<float>& b, const float* weight = nullptr) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    const double w = weight ? weight[i] : 1.0;
    error += w * std::pow(static_cast<double>(a[i]) - b[i], 2);
    size += w * std::pow(static_cast<double>(b[i]), 2);
  }
  return size > 0 ? std::sqrt(error / size) : error;
}

/// Of normal values, at most; with the bits of a weight, about what the rate-distortion bound 2^-bits leaves room for.
struct Limit {
  const char* format;
  double error;
};
constexpr Limit limits[] = {
    {"Q1_0", 0.605},  {"Q2_0", 0.355},   {"TQ1_0", 0.44},   {"TQ2_0", 0.44},  {"Q2_K", 0.27},
    {"Q3_K", 0.147},  {"Q4_0", 0.088},   {"Q4_1", 0.08},    {"Q4_K", 0.072},  {"Q5_0", 0.044},
    {"Q5_1", 0.039},  {"Q5_K", 0.036},   {"Q6_K", 0.018},   {"Q8_0", 0.0055}, {"IQ1_S", 0.462},
    {"IQ1_M", 0.43},  {"IQ2_XXS", 0.34}, {"IQ2_XS", 0.295}, {"IQ2_S", 0.247}, {"IQ3_XXS", 0.183},
    {"IQ3_S", 0.135}, {"IQ4_NL", 0.076}, {"IQ4_XS", 0.076}, {"MXFP4", 0.115}, {"NVFP4", 0.086}};

/// Formats that search for scales: not those that round each value.
std::vector<const Format*> block_formats() {
  std::vector<const Format*> found;
  for (const Format* format : ondol::formats()) {
    if (format->weights > 1) found.push_back(format);
  }
  return found;
}

}  // namespace

TEST_CASE("quantisers: normal weights keep what the bits have room for") {
  CHECK(std::size(limits) == block_formats().size());
  for (const auto& [name, most] : limits) {
    CAPTURE(name);
    const Format& format = *ondol::find_format(name);
    const std::vector<float> values = normal(128 * 256, 3, 0.05f);
    CHECK(relative_error(stored(format, values), values) <= most);
    CHECK(most >= std::exp2(-8.0 * format.bytes / format.weights));
  }
}

TEST_CASE("quantisers: size does not matter, as far as scales reach") {
  for (const Format* format : block_formats()) {
    CAPTURE(format->name);
    const std::vector<float> values = normal(16 * 256, 4);
    const double error = relative_error(stored(*format, values), values);
    for (const float unit : {0x1p-2f, 0x1p4f, 0x1p8f}) {
      CAPTURE(unit);
      std::vector<float> scaled = values;
      for (float& v : scaled) v *= unit;
      CHECK(relative_error(stored(*format, scaled), scaled) <= 1.02 * error);
    }
  }
}

TEST_CASE("quantisers: importance makes what is important better") {
  std::vector<float> importance = normal(512, 5);
  for (float& i : importance) i = std::exp(1.5f * i);
  std::vector<float> all(16 * 512);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = importance[i % 512];
  const std::vector<float> values = normal(all.size(), 6);
  for (const Format* format : block_formats()) {
    if (format->name == "Q8_0") continue;  // rounds to its one scale
    CAPTURE(format->name);
    const double without = relative_error(stored(*format, values), values, all.data());
    CHECK(relative_error(stored(*format, values, all.data()), values, all.data()) < 0.995 * without);
    // A factor of all of it changes nothing, zeros everywhere are none.
    std::vector<float> scaled = all;
    for (float& i : scaled) i *= 1024.0f;
    CHECK(pack(*format, values, scaled.data()) == pack(*format, values, all.data()));
    const std::vector<float> zeros(all.size());
    CHECK(relative_error(stored(*format, values, zeros.data()), values) <=
          1.02 * relative_error(stored(*format, values), values));
  }
}

TEST_CASE("quantisers: blocks do not influence each other") {
  for (const Format* format : ondol::formats()) {
    if (!format->pack) continue;
    CAPTURE(format->name);
    const std::size_t n = format->weights;
    const std::vector<float> values = normal(5 * n, 7);
    std::vector<float> importance = normal(5 * n, 8);
    for (float& i : importance) i *= i;
    std::vector<std::byte> singles(5 * format->bytes);
    for (std::size_t i = 0; i < 5; ++i) {
      format->pack(values.data() + i * n, importance.data() + i * n, singles.data() + i * format->bytes, 1);
    }
    CHECK(singles == pack(*format, values, importance.data()));
    format->pack(nullptr, nullptr, nullptr, 0);
  }
}

TEST_CASE("quantisers: zeros, constants, outliers and specks") {
  for (const Format* format : block_formats()) {
    CAPTURE(format->name);
    const std::size_t n = 256;
    CHECK(stored(*format, std::vector<float>(n)) == std::vector<float>(n));
    for (const float value : {0.75f, -0.75f}) {  // whatever the signs and levels are, half of it is always in reach
      CHECK(relative_error(stored(*format, std::vector<float>(n, value)), std::vector<float>(n, value)) < 0.45);
    }
    std::vector<float> speck(n);
    speck[3] = 1e-30f;  // below every float16
    for (const float v : stored(*format, speck)) CHECK(std::fabs(v) <= 2e-30f);
    std::vector<float> outlier = normal(n, 9, 0.01f);
    outlier[77] = -100.0f;
    const auto kept = stored(*format, outlier);
    if (format->name == "Q1_0") continue;  // one magnitude for all
    CHECK(kept[77] < -30.0f);
    if (8 * format->bytes > 4 * format->weights) CHECK(relative_error(kept, outlier) < 0.1);
  }
}

TEST_CASE("quantisers: what a format can hold comes back as it was") {
  std::mt19937 random(10);
  for (const std::string name : {"Q1_0", "Q2_0", "TQ1_0", "TQ2_0", "MXFP4"}) {
    CAPTURE(name);
    const Format& format = *ondol::find_format(name);
    std::vector<std::byte> bytes(16 * format.bytes);
    for (std::byte& b : bytes) {
      unsigned bits = random() & 255u;
      if (name == "TQ2_0") bits &= ~(bits >> 1 & 0x55u);  // two bits of three levels
      b = static_cast<std::byte>(bits);
    }
    for (std::size_t i = 0; i < 16; ++i) {
      std::byte* block = bytes.data() + i * format.bytes;
      const std::size_t at = name[0] == 'T' ? format.bytes - 2 : 0;
      block[at] = std::byte{0x60};  // a scale of moderate size: 0x3460 or 0x60
      if (name != "MXFP4") block[at + 1] = std::byte{0x34};
    }
    const std::vector<float> values = unpack(format, bytes);
    CHECK(stored(format, values) == values);
  }
}

TEST_CASE("quantisers: any values are packed: infinities, NaN, the largest and the smallest") {
  constexpr float odd[] = {std::numeric_limits<float>::infinity(),
                           -std::numeric_limits<float>::infinity(),
                           std::numeric_limits<float>::quiet_NaN(),
                           std::numeric_limits<float>::max(),
                           std::numeric_limits<float>::lowest(),
                           std::numeric_limits<float>::denorm_min(),
                           -0.0f};
  std::mt19937 random(13);
  for (const Format* format : ondol::formats()) {
    if (!format->pack) continue;
    CAPTURE(format->name);
    for (int round = 0; round < 60; ++round) {
      std::vector<float> values(256), importance(256);
      const unsigned share = round % 2 ? 3 : 50;
      const auto draw = [&] {
        return random() % share == 0 ? odd[random() % std::size(odd)] : static_cast<float>(random() % 9);
      };
      std::generate(values.begin(), values.end(), draw);
      std::generate(importance.begin(), importance.end(), draw);
      CHECK(stored(*format, values).size() == 256);  // the sanitizers watch
      CHECK(stored(*format, values, importance.data()).size() == 256);
    }
    // Nothing that is finite becomes what is not.
    if (format->weights == 1) continue;
    for (const float size : {std::numeric_limits<float>::max(), 1e30f, 70000.0f, 1e-20f, 1e-42f}) {
      CAPTURE(size);
      std::vector<float> values = normal(256, 14, 0.2f);
      for (float& v : values) v = std::clamp(v, -1.0f, 1.0f) * size;
      for (const float v : stored(*format, values)) CHECK(std::isfinite(v));
    }
  }
}
