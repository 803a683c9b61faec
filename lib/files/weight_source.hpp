#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/mapped_file.hpp"
#include "formats/format.hpp"

namespace ondol {

/// A tensor of a file: `shape` innermost dimension first, at least one, all positive; `bytes` checked against the file.
struct TensorView {
  std::string name;
  const Format* format = nullptr;  ///< nullptr: a type that no weight can have
  std::vector<std::uint64_t> shape;
  std::span<const std::byte> bytes;
  std::size_t file = 0;  ///< index into WeightSource::files()
  std::string type{};    ///< the file's name of the storage type, where it has another

  [[nodiscard]] std::uint64_t columns() const noexcept { return shape.front(); }
  /// Product of all dimensions but the innermost.
  [[nodiscard]] std::uint64_t rows() const noexcept;
  [[nodiscard]] std::uint64_t elements() const noexcept { return columns() * rows(); }
  [[nodiscard]] WeightView matrix() const noexcept { return {format, rows(), columns(), bytes}; }
};

/// A model as its file or files state it: metadata by key, tensors by name. Everything in it was checked: offsets and
/// sizes lie inside the mapped files. Views live as long as the source. Immutable.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  /// Path to name in messages.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// config.json, of a folder.
  [[nodiscard]] virtual const Json* config() const noexcept { return nullptr; }

  // Metadata of a GGUF file; other sources have none.
  [[nodiscard]] virtual bool has(std::string_view) const { return false; }
  [[nodiscard]] virtual bool is_array(std::string_view) const { return false; }
  /// Value of a key; nothing if there is no such key.
  /// @throws Error bad_file: another type, or out of the type's range; names key, found and expected.
  [[nodiscard]] virtual std::optional<std::uint64_t> count(std::string_view) const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<std::int64_t> integer(std::string_view) const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<double> number(std::string_view) const { return std::nullopt; }  ///< any numeric type
  [[nodiscard]] virtual std::optional<bool> flag(std::string_view) const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<std::string_view> text(std::string_view) const { return std::nullopt; }
  /// Arrays; a lone value is no array.
  [[nodiscard]] virtual std::optional<std::vector<std::string_view>> texts(std::string_view) const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<std::vector<std::int64_t>> integers(std::string_view) const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<std::vector<double>> numbers(std::string_view) const { return std::nullopt; }

  /// All keys of a GGUF file, each value as its bytes stand there (type first); for writing them again.
  struct RawKey {
    std::string name;
    std::vector<std::byte> encoded;
  };
  [[nodiscard]] virtual std::vector<RawKey> raw_keys() const { return {}; }

  /// One line a key, for people: name, type ("u32", "string", "string[49152]"), value (arrays and long texts cut
  /// short).
  struct Entry {
    std::string key;
    std::string type;
    std::string value;
  };
  [[nodiscard]] virtual std::vector<Entry> entries() const = 0;

  [[nodiscard]] std::span<const TensorView> tensors() const noexcept { return tensors_; }
  /// nullptr when there is none.
  [[nodiscard]] const TensorView* find(std::string_view name) const noexcept;
  [[nodiscard]] std::span<const std::shared_ptr<const MappedFile>> files() const noexcept { return files_; }

 protected:
  std::string path_;
  std::vector<std::shared_ptr<const MappedFile>> files_;
  std::vector<TensorView> tensors_;  ///< sorted by name
};

/// Opens a GGUF file (any part of a split model), or a folder with config.json.
/// @throws Error not_found, io, bad_file, unsupported.
[[nodiscard]] std::shared_ptr<const WeightSource> open_weights(std::string_view path);

}  // namespace ondol
