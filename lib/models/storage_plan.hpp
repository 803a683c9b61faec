#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/weight.hpp"
#include "runtime/thread_pool.hpp"

namespace ondol {

/// What errors in each input of a matrix count, by the matrix's name; see quantize().
using Importance = std::map<std::string, std::vector<float>, std::less<>>;

/// The importance matrix that llama.cpp's imatrix tool writes (GGUF). @throws Error not_found, io, bad_file.
[[nodiscard]] Importance read_importance(std::string_view path);

/// Which storage type each tensor of a converted model gets.
class StoragePlan {
 public:
  /// @param type  empty: as they are; "float": as they are, or float16 where they are quantised; a storage type; or a
  ///              mixture ("q4_k_m"). @throws Error invalid_argument: names the type and those that are known.
  /// A type that needs an importance matrix is refused without one.
  /// @param layers  of the whole model: mixtures differ from layer to layer.
  StoragePlan(std::string_view type, std::uint64_t layers, const Importance& importance = {});
  /// One more than the largest number of a layer in the tensors' names.
  [[nodiscard]] static std::uint64_t layers_of(const std::vector<Weight>& weights);

  [[nodiscard]] const Format& format_for(const Weight& weight) const;

  static constexpr std::uint32_t unchanged = 0xFFFFFFFF;
  /// llama.cpp's number of the whole file's type (general.file_type).
  [[nodiscard]] std::uint32_t file_type() const noexcept { return file_type_; }
  [[nodiscard]] static std::vector<std::string> types();

 private:
  const Format* base_ = nullptr;    // nullptr: as they are
  const Format* better_ = nullptr;  // of the tensors that need it most
  bool only_float_ = false;
  std::uint32_t file_type_ = unchanged;
  std::uint64_t layers_ = 0;
};

/// Hands the bytes of `weight` in another format to `put`, a part at a time.
/// @throws Error invalid_argument: values that are not finite, an importance that is missing.
void stored(const Weight& weight, const Format& format, const Importance& importance, ThreadPool& pool,
            const std::function<void(std::span<const std::byte>)>& put);

}  // namespace ondol
