#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ondol::storage {

/// A format file states its block as a struct without padding, in the file's byte order (little-endian, as the host),
/// and unpacks one block; these loops make `Format::unpack` and `Format::pack` of it. The copy of the block frees the
/// compiler from thinking that `out` may overlap it.
template <class Block, std::size_t weights, void (*unpack)(const Block&, float*)>
void unpack_all(const std::byte* in, float* out, std::size_t blocks) noexcept {
  static_assert(alignof(Block) <= 2);
  for (std::size_t i = 0; i < blocks; ++i) {
    Block block;
    std::memcpy(&block, in + i * sizeof(Block), sizeof(Block));
    unpack(block, out + i * weights);
  }
}

template <class Block, std::size_t weights, Block (*pack)(const float* in, const float* importance)>
void pack_all(const float* in, const float* importance, std::byte* out, std::size_t blocks) noexcept {
  for (std::size_t i = 0; i < blocks; ++i) {
    const Block block = pack(in + i * weights, importance ? importance + i * weights : nullptr);
    std::memcpy(out + i * sizeof(Block), &block, sizeof(Block));
  }
}

/// Of a format to which importance makes no difference.
template <class Block, std::size_t weights, Block (*pack)(const float* in)>
void pack_all(const float* in, const float*, std::byte* out, std::size_t blocks) noexcept {
  for (std::size_t i = 0; i < blocks; ++i) {
    const Block block = pack(in + i * weights);
    std::memcpy(out + i * sizeof(Block), &block, sizeof(Block));
  }
}

}  // namespace ondol::storage
