#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "blocks/linear.hpp"
#include "files/weight_source.hpp"
#include "models/recipe.hpp"

namespace ondol {

/// Finds the tensors a model is made of and checks their shapes before any is read; then reads them all.
class WeightBinder {
 public:
  WeightBinder(const WeightSource& source, Precision precision) : source_(source), precision_(precision) {}

  /// A matrix [outputs, inputs] with an optional bias beside it. Destinations must stay where they are until load().
  /// @throws Error bad_file: missing tensor or another shape.
  void linear(const std::string& name, std::size_t outputs, std::size_t inputs, Presence bias, Linear& to);
  /// A vector of n values of any storage type; nothing is done if it is optional and absent.
  void vector(const std::string& name, std::size_t n, Presence presence, std::vector<float>& to);
  /// A matrix of which single rows are read: kept as it is in the file.
  const TensorView& rows(const std::string& name, std::size_t rows, std::size_t columns);
  void packed(const TensorView& tensor, PackedMatrix& to);
  [[nodiscard]] bool has(const std::string& name) const { return source_.find(name) != nullptr; }

  /// @throws Error unsupported: the file has tensors that nobody asked for, so this is another kind of model.
  void check_all_used() const;

  /// Bytes that the bound matrices will hold.
  [[nodiscard]] std::uint64_t packed_bytes() const noexcept { return packed_bytes_; }

  /// Reads and packs everything that was bound, and lets go of the file's pages.
  /// @throws Error cancelled, out_of_memory.
  void load(Compute& compute, const std::shared_ptr<MemoryAccount>& memory, const std::stop_token& stop,
            Progress* progress);

 private:
  struct Job {
    const TensorView* tensor;
    std::function<void(Compute&, const std::shared_ptr<MemoryAccount>&)> read;
  };
  const TensorView& find(const std::string& name, std::size_t columns, std::size_t rows);

  const WeightSource& source_;
  Precision precision_;
  std::vector<Job> jobs_;
  std::set<std::string_view> used_;
  std::uint64_t packed_bytes_ = 0;
};

}  // namespace ondol
