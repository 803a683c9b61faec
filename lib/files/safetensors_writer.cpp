#include "files/safetensors_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/fail.hpp"
#include "base/json.hpp"

namespace ondol {

void SafetensorsWriter::tensor(std::string name, const Format& format, std::vector<std::uint64_t> shape,
                               std::function<void(const Put&)> write) {
  if (format.weights != 1) {
    fail(Status::unsupported, fmt::format("tensor {}: safetensors files hold no {}; choose f32, f16 or bf16", name, format.name));
  }
  tensors_.push_back({std::move(name), &format, std::move(shape), std::move(write)});
}

void SafetensorsWriter::write(const std::string& path) const {
  std::vector<Json::Member> members{{"__metadata__", Json::object({{"format", Json("pt")}})}};
  std::uint64_t offset = 0;
  for (const Tensor& tensor : tensors_) {
    const std::uint64_t bytes =
        std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::uint64_t{tensor.format->bytes}, std::multiplies<>());
    Json::Array shape;
    for (auto n = tensor.shape.rbegin(); n != tensor.shape.rend(); ++n) shape.emplace_back(*n);
    members.emplace_back(tensor.name, Json::object({{"dtype", Json(tensor.format->name)},
                                                    {"shape", Json(std::move(shape))},
                                                    {"data_offsets", Json::array({Json(offset), Json(offset + bytes)})}}));
    offset += bytes;
  }
  std::string header = Json::object(std::move(members)).dump();
  header.append((8 - header.size() % 8) % 8, ' ');
  ReplacingFile file(path);
  const std::uint64_t size = header.size();
  file.put(std::as_bytes(std::span(&size, 1)));
  file.put(header);
  for (const Tensor& tensor : tensors_) {
    tensor.write([&](std::span<const std::byte> bytes) { file.put(bytes); });
  }
  if (file.size() != 8 + header.size() + offset) {
    fail(Status::io, fmt::format("{}: {} bytes were made, expected {}", path, file.size(), 8 + header.size() + offset));
  }
  file.finish();
}

}  // namespace ondol
