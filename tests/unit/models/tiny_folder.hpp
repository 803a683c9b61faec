#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// A member of a JSON object: its name, and its value as it is written.
using Field = std::pair<std::string, std::string>;

inline std::string json_object(const std::vector<Field>& fields) {
  std::string out = "{";
  for (const auto& [name, value] : fields) out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
  return out + "}";
}

/// A tensor as a safetensors header describes it.
struct FolderTensor {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::string type = "F32";
  std::string data{};

  [[nodiscard]] std::string entry(std::uint64_t begin) const {
    return fmt::format("{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}", type, fmt::join(shape, ","),
                       begin, begin + data.size());
  }
};

/// A safetensors file of any header, true or not.
inline std::string safetensors(const std::string& header, const std::string& data) {
  std::string out(8, '\0');
  const std::uint64_t size = header.size();
  std::memcpy(out.data(), &size, 8);
  return out + header + data;
}

inline std::string safetensors(const std::vector<FolderTensor>& tensors) {
  std::vector<Field> header;
  std::string data;
  for (const FolderTensor& tensor : tensors) {
    header.emplace_back(tensor.name, tensor.entry(data.size()));
    data += tensor.data;
  }
  return safetensors(json_object(header), data);
}

/// A model of a few kilobytes as a folder of Hugging Face's: what config.json says, and the tensors.
struct TinyFolder {
  std::string name;
  std::vector<Field> config;
  std::vector<FolderTensor> tensors{};

  /// A tensor of other bytes than numbers.
  void add(const std::string& tensor, const std::vector<std::uint64_t>& shape, const char* type, std::string data) {
    tensors.push_back({.name = tensor, .shape = shape, .type = type, .data = std::move(data)});
  }

  /// A float32 tensor; the values do not matter, but stay small.
  void add(const std::string& tensor, const std::vector<std::uint64_t>& shape) {
    std::uint64_t count = 1;
    for (const std::uint64_t n : shape) count *= n;
    FolderTensor out{.name = tensor, .shape = shape};
    out.data.resize(count * 4);
    for (std::uint64_t i = 0; i < count; ++i) {
      const float x = 0.03f * (static_cast<float>((i * 31 + tensors.size() * 7) % 23) - 10);
      std::memcpy(out.data.data() + 4 * i, &x, 4);
    }
    tensors.push_back(std::move(out));
  }
};

/// One or more folders of each kind of model: decoders, a mixture of experts, latent attention, state spaces, an
/// encoder, an encoder-decoder.
[[nodiscard]] std::vector<TinyFolder> tiny_folders();

/// A decoder with one matrix (layers.0.self_attn.q_proj) in each form that quantised checkpoints have.
[[nodiscard]] std::vector<TinyFolder> quantised_folders();

}  // namespace test
