#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "files/replacing_file.hpp"
#include "formats/format.hpp"

namespace ondol {

/// Writes a safetensors file: the list of tensors first, then their data as they are made.
class SafetensorsWriter {
 public:
  using Put = std::function<void(std::span<const std::byte>)>;
  /// @param shape  innermost dimension first, as everywhere here. @throws Error unsupported: a quantised format.
  void tensor(std::string name, const Format& format, std::vector<std::uint64_t> shape,
              std::function<void(const Put& put)> write);
  /// @throws Error io; whatever a tensor's `write` throws.
  void write(const std::string& path) const;

 private:
  struct Tensor {
    std::string name;
    const Format* format;
    std::vector<std::uint64_t> shape;
    std::function<void(const Put&)> write;
  };
  std::vector<Tensor> tensors_;
};

}  // namespace ondol
