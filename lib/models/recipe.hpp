#pragma once

#include <cstddef>
#include <cstdint>

#include "blocks/rope.hpp"

namespace ondol {

/// Whether a family's layers have a tensor.
enum class Presence : std::uint8_t { never, optional, required };

/// A family as data: how the shared blocks are put together. Families differ in these values only; the forward pass
/// (transformer.cpp) walks them.
struct Recipe {
  std::size_t context = 0;
  std::size_t layers = 0;
  std::size_t hidden_size = 0;
  double norm_eps = 0;

  struct Attention {
    std::size_t heads = 0;
    std::size_t kv_heads = 0;
    std::size_t head_dim = 0;
    double scale = 0;        ///< of the scores, usually 1 / sqrt(head_dim)
    std::size_t window = 0;  ///< positions a token sees, itself included; 0 = all
    Presence qkv_bias = Presence::never;
    Presence output_bias = Presence::never;
  } attention;

  struct Position {
    Rope::Pairs pairs = Rope::Pairs::neighbours;
    std::size_t dimensions = 0;  ///< rotated dimensions of a head
    double theta = 0;
    RopeScaling scaling;
  } rope;

  struct Mlp {
    std::size_t intermediate_size = 0;
    Presence bias = Presence::never;
  } mlp;
};

}  // namespace ondol
