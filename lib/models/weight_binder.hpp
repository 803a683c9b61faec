#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "blocks/linear.hpp"
#include "blocks/norm.hpp"
#include "files/weight_source.hpp"
#include "models/weight.hpp"
#include "ondol/runtime.hpp"

namespace ondol {

/// Finds the tensors a model is made of and checks their shapes before any is read; then reads them all.
class WeightBinder {
 public:
  /// For planning without a file's tensors.
  struct Assume {
    std::function<void(Weight& weight)> set_format{};
    bool biases = false;  ///< whether matrices have them
  };

  /// @param assume  if given, tensors that are asked for by shape and are not there are taken to be there, for
  /// planning;
  ///                nothing can then be loaded.
  WeightBinder(const WeightSource& source, std::vector<Weight> weights, Precision precision,
               std::optional<Assume> assume = {});

  /// A matrix [outputs, inputs] by its name without ".weight", and the bias beside it if there is one. Destinations
  /// must stay where they are until load(). Precision::exact: whatever the model's is.
  /// @throws Error bad_file: missing tensor or another shape.
  void linear(const std::string& name, std::size_t outputs, std::size_t inputs, Linear& to,
              Precision most = Precision::fast);
  /// Rows [first, first + outputs) of a matrix (and bias) that holds several: [all, inputs].
  void linear_part(const std::string& name, std::size_t all, std::size_t first, std::size_t outputs, std::size_t inputs,
                   Linear& to);
  /// `count` matrices [outputs, inputs] in one tensor [count, outputs, inputs], and their biases.
  void linears(const std::string& name, std::size_t count, std::size_t outputs, std::size_t inputs,
               std::vector<Linear>& to);
  /// name.weight (or `name` itself, where the file has it so) and, if there is one, name.bias, each of n values.
  void norm(const std::string& name, std::size_t n, Norm& to);
  /// n values of any storage type, by their full name.
  void vector(const std::string& name, std::size_t n, std::vector<float>& to);
  /// A matrix [rows, columns] by its full name, the other way round: [columns, rows].
  void transposed(const std::string& name, std::size_t rows, std::size_t columns, std::vector<float>& to);
  /// A vector's values, read now.
  [[nodiscard]] std::vector<float> values(const std::string& name, std::size_t n);

  /// A matrix of which single rows are read, by its full name; marked as used.
  const Weight& rows(const std::string& name, std::size_t rows, std::size_t columns);
  void packed(const Weight& weight, PackedMatrix& to);
  [[nodiscard]] const Weight* find(const std::string& name) const noexcept;
  [[nodiscard]] bool has(const std::string& name) const noexcept { return find(name) != nullptr; }
  /// @throws Error bad_file.
  [[nodiscard]] const Weight& at(const std::string& name) const;
  /// A tensor that is known and not used.
  void ignore(const std::string& name) { used_.insert(name); }
  /// All tensors of a layer, as GGUF files or checkpoints name them.
  void ignore_layer(std::size_t index);

  /// @throws Error unsupported: the file has tensors that nobody asked for, so this is another kind of model.
  void check_all_used() const;

  /// Bytes that the bound matrices will hold.
  [[nodiscard]] std::uint64_t packed_bytes() const noexcept { return packed_bytes_; }
  /// Values of all tensors, factors of the rotary embedding left out.
  [[nodiscard]] std::uint64_t parameters() const noexcept;
  [[nodiscard]] bool assumes() const noexcept { return assume_.has_value(); }

  /// Reads and packs everything that was bound, and lets go of the file's pages.
  /// @throws Error cancelled, out_of_memory.
  void load(Compute& compute, const std::shared_ptr<MemoryAccount>& memory, const std::stop_token& stop,
            Progress* progress);

 private:
  struct Job {
    const Weight* weight;
    std::uint64_t first_row;  ///< of those it reads
    std::uint64_t bytes;
    std::function<void(Compute&, const std::shared_ptr<MemoryAccount>&)> read;
  };
  const Weight& find(const std::string& name, std::size_t columns, std::size_t rows);
  void assume(const std::string& name, std::size_t columns, std::size_t rows);
  [[nodiscard]] bool has_bias(const std::string& name) const;
  void add_matrix(const Weight& weight, std::uint64_t first, std::uint64_t rows, PackedMatrix& to, Precision precision);
  void release(const Job& job) const;

  const WeightSource& source_;
  std::vector<Weight> weights_;  // sorted by name
  std::optional<Assume> assume_;
  std::map<std::string, Weight> assumed_;
  Precision precision_;
  std::vector<Job> jobs_;
  std::set<std::string> used_;
  std::uint64_t packed_bytes_ = 0;
};

}  // namespace ondol
