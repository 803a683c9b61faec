#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "files/gguf_value.hpp"
#include "files/weight_source.hpp"

namespace ondol::gguf {

struct Key {
  std::string_view name;
  Value value;
  std::size_t file = 0;  ///< of a split model
};

/// One GGUF file, in its own order.
struct File {
  std::uint32_t version = 0;
  std::uint64_t alignment = 32;
  std::vector<Key> keys;
  std::vector<TensorView> tensors;
};

/// More than this is refused; real files have some hundred keys and at most some ten thousand tensors. What is read
/// thus takes less memory than the file and 64 MiB.
inline constexpr std::uint64_t most_keys = 1u << 16;
inline constexpr std::uint64_t most_tensors = 1u << 17;

/// Reads and checks a whole file, versions 2 and 3, little-endian. Keys and tensors are unique, tensors lie aligned
/// inside `bytes` and do not overlap. The result views `bytes`. Source: ggml's docs/gguf.md.
/// @throws Error bad_file, unsupported: names file, key or tensor, byte, found and expected.
[[nodiscard]] File parse(std::span<const std::byte> bytes, std::string_view path);

}  // namespace ondol::gguf
