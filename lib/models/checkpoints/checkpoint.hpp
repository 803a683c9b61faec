#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/config.hpp"
#include "models/weight.hpp"

namespace ondol {

/// The tensors of a checkpoint by name, while those that belong together are put together.
class Checkpoint {
 public:
  Checkpoint(const WeightSource& source, const Config& config);

  [[nodiscard]] const Config& config() const noexcept { return config_; }
  /// quantization_config of config.json; an empty object if there is none.
  [[nodiscard]] const Json& scheme() const noexcept { return scheme_; }
  /// A whole number of quantization_config. @throws Error bad_file.
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t otherwise) const;

  /// Names without `suffix` of the tensors that end with it.
  [[nodiscard]] std::vector<std::string> stems(std::string_view suffix) const;
  [[nodiscard]] bool has(const std::string& name) const { return tensors_.contains(name); }
  /// Takes a tensor out. `types`: what it may be stored as; `shape` as the file writes it, outermost first, -1 = any.
  /// @throws Error bad_file: missing, another type or shape.
  [[nodiscard]] TensorView take(const std::string& name, std::initializer_list<std::string_view> types,
                                std::initializer_list<std::int64_t> shape);
  /// The same, of any shape.
  [[nodiscard]] TensorView take_any(const std::string& name, std::initializer_list<std::string_view> types);
  void drop(const std::string& name) { tensors_.erase(name); }
  /// Puts in a matrix [rows, columns] of float32 values that `make` writes whole; `from` are what it is made of.
  /// @param bits  4: all 32 neighbours in a row lie on a grid of 16 levels, 32-aligned; else 8.
  void put(const std::string& name, std::uint64_t rows, std::uint64_t columns, int bits, std::vector<TensorView> from,
           std::function<void(float* out)> make);
  void put(Weight weight) { tensors_.insert_or_assign(weight.name, std::move(weight)); }

  [[noreturn]] void refuse(const std::string& name, std::string_view why) const;
  [[nodiscard]] std::vector<Weight> weights() &&;

 private:
  const Config& config_;
  Json scheme_;
  std::map<std::string, Weight> tensors_;
};

/// The tensors of a folder, quantised ones as float32 values that are made when they are read.
/// @throws Error bad_file; unsupported: names the method.
[[nodiscard]] std::vector<Weight> checkpoint_tensors(const WeightSource& source, const Config& config);

// One function a method: puts the tensors together that make a weight.
void merge_gptq(Checkpoint& checkpoint);
void merge_awq(Checkpoint& checkpoint);
void merge_compressed_tensors(Checkpoint& checkpoint);
void merge_block_fp8(Checkpoint& checkpoint);
void merge_mxfp4(Checkpoint& checkpoint);
void merge_bitsandbytes(Checkpoint& checkpoint);

/// Values of a float tensor of any type.
[[nodiscard]] std::vector<float> floats_of(const TensorView& tensor);
/// 32-bit words of a tensor.
[[nodiscard]] std::vector<std::uint32_t> words_of(const TensorView& tensor);

}  // namespace ondol
