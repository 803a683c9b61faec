#include "formats/codebooks.hpp"

namespace ondol::storage {
namespace {

#include "formats/codebooks.inc"

/// A code has as many bits a coordinate as its levels need, the first coordinate lowest.
template <std::size_t size, std::size_t entries, std::size_t levels>
constexpr Codebook<entries, size, levels> codebook_of(const std::uint16_t (&codes)[entries],
                                                      const std::array<std::int8_t, levels>& values) {
  using Book = Codebook<entries, size, levels>;
  constexpr unsigned bits = std::bit_width(levels - 1);
  const auto level = [&](std::size_t i, std::size_t j) { return codes[i] >> bits * j & ((1u << bits) - 1u); };
  const auto pattern = [&](std::size_t i, std::size_t half) {
    std::size_t number = 0;
    for (std::size_t j = size / 2; j-- > 0;) number = number * levels + level(i, half * size / 2 + j);
    return number;
  };
  Book book{.level = values, .point = {}, .first = {}, .entry = {}, .upper = {}};
  for (std::size_t i = 0; i < entries; ++i) {
    for (std::size_t j = 0; j < size; ++j) book.point[i][j] = values[level(i, j)];
    ++book.first[pattern(i, 0) + 1];
  }
  for (std::size_t p = 0; p < Book::patterns; ++p)
    book.first[p + 1] = static_cast<std::uint16_t>(book.first[p + 1] + book.first[p]);
  auto next = book.first;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t at = next[pattern(i, 0)]++;
    book.entry[at] = static_cast<std::uint16_t>(i);
    book.upper[at] = static_cast<std::uint8_t>(pattern(i, 1));
  }
  return book;
}

/// Source: ggml's grids of the same names.
constexpr std::array<std::int8_t, 3> iq2_levels = {8, 25, 43};
constexpr std::array<std::int8_t, 8> iq3_xxs_levels = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr std::array<std::int8_t, 8> iq3_s_levels = {1, 3, 5, 7, 9, 11, 13, 15};
constexpr std::array<std::int8_t, 3> iq1_levels = {-1, 0, 1};

}  // namespace

constinit const Codebook<256, 8, 3> iq2_xxs_codebook = codebook_of<8>(iq2_xxs_codes, iq2_levels);
constinit const Codebook<512, 8, 3> iq2_xs_codebook = codebook_of<8>(iq2_xs_codes, iq2_levels);
constinit const Codebook<1024, 8, 3> iq2_s_codebook = codebook_of<8>(iq2_s_codes, iq2_levels);
constinit const Codebook<256, 4, 8> iq3_xxs_codebook = codebook_of<4>(iq3_xxs_codes, iq3_xxs_levels);
constinit const Codebook<512, 4, 8> iq3_s_codebook = codebook_of<4>(iq3_s_codes, iq3_s_levels);
constinit const Codebook<2048, 8, 3> iq1_codebook = codebook_of<8>(iq1_codes, iq1_levels);

}  // namespace ondol::storage
