#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "formats/format.hpp"

namespace test {

/// Little-endian bytes of a number.
template <class T>
requires std::is_arithmetic_v<T> std::string le(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

/// A string as GGUF writes it: 64-bit length and characters.
inline std::string gguf_string(std::string_view text) { return le(std::uint64_t{text.size()}) + std::string(text); }

/// GGUF's number of a metadata type.
template <class T>
constexpr std::uint32_t gguf_type() {
  if constexpr (std::is_same_v<T, std::uint8_t>)
    return 0;
  else if constexpr (std::is_same_v<T, std::int8_t>)
    return 1;
  else if constexpr (std::is_same_v<T, std::uint16_t>)
    return 2;
  else if constexpr (std::is_same_v<T, std::int16_t>)
    return 3;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return 4;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return 5;
  else if constexpr (std::is_same_v<T, float>)
    return 6;
  else if constexpr (std::is_same_v<T, bool>)
    return 7;
  else if constexpr (std::is_same_v<T, std::string>)
    return 8;
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    return 10;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return 11;
  else if constexpr (std::is_same_v<T, double>)
    return 12;
  else
    static_assert(!sizeof(T), "not a type of GGUF's metadata");
}

/// Puts a GGUF file together, key by key and tensor by tensor:
///   const std::string file = GgufWriter().add("general.architecture", "llama").add("llama.block_count", 2u)
///                                        .tensor("output.weight", {64, 512}, values).bytes();
/// Numbers keep their C++ type (2u is u32). Public members override what a right file says, for wrong ones.
class GgufWriter {
 public:
  struct Tensor {
    std::string name;
    std::vector<std::uint64_t> shape;  ///< innermost dimension first
    std::uint32_t type = 0;
    std::string data;
    std::optional<std::uint64_t> offset = {};      ///< default: behind the last one, aligned
    std::optional<std::uint32_t> dimensions = {};  ///< default: shape.size()
  };

  std::string magic = "GGUF";
  std::uint32_t version = 3;
  std::uint64_t alignment = 32;  ///< that tensors are laid out with; write the key general.alignment yourself
  std::optional<std::uint64_t> key_count, tensor_count;
  std::vector<std::pair<std::string, std::string>> keys;  ///< name, type and value as bytes
  std::vector<Tensor> tensors;

  template <class T>
  requires std::is_arithmetic_v<T> GgufWriter& add(std::string_view key, T value) {
    return raw(key, le(gguf_type<T>()) + le(value));
  }
  GgufWriter& add(std::string_view key, std::string_view value) {
    return raw(key, le(gguf_type<std::string>()) + gguf_string(value));
  }
  GgufWriter& add(std::string_view key, const char* value) { return add(key, std::string_view(value)); }
  template <class T>
  GgufWriter& add(std::string_view key, const std::vector<T>& values) {
    std::string bytes = le(std::uint32_t{9}) + le(gguf_type<T>()) + le(std::uint64_t{values.size()});
    for (const T& value : values) {
      if constexpr (std::is_same_v<T, std::string>)
        bytes += gguf_string(value);
      else
        bytes += le(value);
    }
    return raw(key, std::move(bytes));
  }
  /// Any bytes as type and value.
  GgufWriter& raw(std::string_view key, std::string type_and_value) {
    keys.emplace_back(std::string(key), std::move(type_and_value));
    return *this;
  }

  /// `values` stored in `format`, which needs a `pack`.
  GgufWriter& tensor(std::string_view name, std::vector<std::uint64_t> shape, std::span<const float> values,
                     std::string_view format = "F32") {
    const ondol::Format* found = ondol::find_format(format);
    if (found == nullptr || found->pack == nullptr) throw std::logic_error("cannot pack " + std::string(format));
    std::string data(values.size() / found->weights * found->bytes, '\0');
    found->pack(values.data(), nullptr, reinterpret_cast<std::byte*>(data.data()), values.size() / found->weights);
    tensors.push_back({std::string(name), std::move(shape), found->gguf_id, std::move(data)});
    return *this;
  }

  [[nodiscard]] std::string bytes() const {
    std::string out =
        magic + le(version) + le(tensor_count.value_or(tensors.size())) + le(key_count.value_or(keys.size()));
    for (const auto& [key, value] : keys) out += gguf_string(key) + value;
    std::string data;
    for (const Tensor& t : tensors) {
      data.resize((data.size() + alignment - 1) / alignment * alignment);
      out += gguf_string(t.name) + le(t.dimensions.value_or(static_cast<std::uint32_t>(t.shape.size())));
      for (const std::uint64_t d : t.shape) out += le(d);
      out += le(t.type) + le(t.offset.value_or(data.size()));
      data += t.data;
    }
    if (!tensors.empty()) out.resize((out.size() + alignment - 1) / alignment * alignment);
    return out + data;
  }
};

}  // namespace test
