#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/format.hpp"

namespace ondol {

/// Writes a GGUF file (version 3): metadata and the list of tensors first, then the tensors' data as they are made.
class GgufWriter {
 public:
  using Value = std::variant<bool, std::uint32_t, std::uint64_t, float, std::string, std::vector<std::int32_t>,
                             std::vector<float>, std::vector<bool>, std::vector<std::string>, std::vector<std::uint8_t>,
                             std::vector<std::byte>>;  ///< bytes: type and value as a file has them
  /// A later value replaces an earlier one.
  void add(std::string key, Value value);
  [[nodiscard]] bool has(std::string_view key) const noexcept;

  /// `write` is called when the tensor's turn has come; it hands all bytes to `put`, in pieces as it likes.
  using Put = std::function<void(std::span<const std::byte>)>;
  void tensor(std::string name, const Format& format, std::vector<std::uint64_t> shape,
              std::function<void(const Put& put)> write);

  /// Writes `path` through a file beside it that replaces it when all is there.
  /// @throws Error io; whatever a tensor's `write` throws. The old file, if any, stays then.
  void write(const std::string& path) const;

 private:
  struct Tensor {
    std::string name;
    const Format* format;
    std::vector<std::uint64_t> shape;
    std::function<void(const Put&)> write;
    [[nodiscard]] std::uint64_t bytes() const;
  };
  std::vector<std::pair<std::string, Value>> keys_;
  std::vector<Tensor> tensors_;
};

}  // namespace ondol
