#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/format.hpp"
#include "formats/iq4_levels.hpp"

namespace ondol {

/// How a quantised format lies in memory once packed, and what it means:
///   weight = d * scale * (level - offset) + m * minimum
/// with float16 d and m a block, integer scale and minimum (1 where the format has none), and codebook[level] in place
/// of level - offset for the formats that have a codebook.
///
/// A matrix is a sequence of panels of 16 rows (the last one padded with zero rows); a panel is a sequence of blocks
/// along the inputs. A block holds, each for the 16 rows:
///   d     16 float16
///   m     16 float16, if there are minima
///   scale a byte for each row, for each `scale_inputs` inputs; Q2_K has the minimum in its upper four bits
///   minimum the same, if there are minima and they are not in the scales' upper bits
///   levels of each group of 32 inputs: `planes`
/// A plane of b bits is 8 b vectors of 64 bytes: byte 4 r + i belongs to row r and inputs 4 s + i, where s, the step,
/// goes through 8 / b values from the low bits up. Three, five and six bits are a plane of the lower and one of the
/// upper bits.
///
/// Block floats, of float16 and bfloat16 matrices, have levels of 16 bits: vector s of a group's 16 has of each row
/// two, of inputs k and k + 2, k = 4 (s / 2) + s % 2. Their d is a bfloat16: kernels/block_float.hpp.
struct Layout {
  int inputs;  ///< of a block, 32 or 256
  int bits;    ///< of a level; 8 and 16 bits are two's complement
  int offset = 0;
  int scale_inputs = 0;  ///< inputs that share an integer scale: 16, 32, or 0 for none
  bool minima = false;
  bool codebook = false;

  bool operator==(const Layout&) const = default;
};

inline constexpr int panel_rows = 16;
inline constexpr int group_inputs = 32;

/// Where the 16-bit level or activation of input i of a group lies: of four neighbours 0, 1, 2, 3 in the order 0, 2, 1,
/// 3, as bytes widen to words. It is its own inverse.
constexpr int word_place(int i) { return i / 4 * 4 + i % 2 * 2 + i % 4 / 2; }

/// Bytes and offsets that follow from a Layout.
struct LayoutBytes {
  int low_bits;      ///< bits of the first plane
  int high_bits;     ///< bits of the second, or 0
  int scales;        ///< offset of the integer scales in a block
  int minima;        ///< offset of the integer minima
  int levels;        ///< offset of the first group's planes
  int group;         ///< bytes of a group's planes
  int block;         ///< bytes of a block
  int block_groups;  ///< groups of a block
  bool nibbles;      ///< scales and minima are the halves of the same bytes

  explicit constexpr LayoutBytes(const Layout& layout)
      : low_bits(layout.bits == 3                       ? 2
                 : layout.bits == 5 || layout.bits == 6 ? 4
                                                        : layout.bits),
        high_bits(layout.bits - low_bits),
        scales(layout.minima ? 64 : 32),
        minima(scales + (layout.scale_inputs ? layout.inputs / layout.scale_inputs * panel_rows : 0)),
        levels(minima + (layout.minima && layout.scale_inputs == 32 ? layout.inputs / 32 * panel_rows : 0)),
        group(64 * layout.bits),
        block(levels + layout.inputs / group_inputs * group),
        block_groups(layout.inputs / group_inputs),
        nibbles(layout.minima && layout.scale_inputs == 16) {}
};

namespace layouts {

constexpr Layout q4_0{.inputs = 32, .bits = 4, .offset = 8};
constexpr Layout q4_1{.inputs = 32, .bits = 4, .minima = true};
constexpr Layout q5_0{.inputs = 32, .bits = 5, .offset = 16};
constexpr Layout q5_1{.inputs = 32, .bits = 5, .minima = true};
constexpr Layout q8_0{.inputs = 32, .bits = 8};
constexpr Layout q2_k{.inputs = 256, .bits = 2, .scale_inputs = 16, .minima = true};
constexpr Layout q3_k{.inputs = 256, .bits = 3, .offset = 4, .scale_inputs = 16};
constexpr Layout q4_k{.inputs = 256, .bits = 4, .scale_inputs = 32, .minima = true};
constexpr Layout q5_k{.inputs = 256, .bits = 5, .scale_inputs = 32, .minima = true};
constexpr Layout q6_k{.inputs = 256, .bits = 6, .offset = 32, .scale_inputs = 16};
constexpr Layout iq4_nl{.inputs = 32, .bits = 4, .codebook = true};
constexpr Layout iq4_xs{.inputs = 256, .bits = 4, .scale_inputs = 32, .codebook = true};
constexpr Layout block_float{.inputs = 32, .bits = 16};

}  // namespace layouts

/// The codebook of IQ4_NL and IQ4_XS, in two's complement.
struct Codebook {
  std::uint8_t level[16];
  constexpr Codebook() : level{} {
    for (int i = 0; i < 16; ++i) level[i] = static_cast<std::uint8_t>(static_cast<int>(storage::iq4_levels[i]));
  }
};

}  // namespace ondol
