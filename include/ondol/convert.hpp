#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ondol/export.hpp"
#include "ondol/runtime.hpp"

namespace ondol {

struct ConvertOptions {
  /// What matrices are stored as: a GGUF storage type ("q8_0"), or a mixture as llama.cpp names it ("q4_k_m"); empty = as
  /// they are. Norms and biases stay float32, rows that no block fits become float16.
  std::string type{};
  /// File of an importance matrix as llama.cpp's imatrix tool writes it (GGUF); empty = none. The smallest types need one.
  std::string importance{};
  Runtime runtime = Runtime::shared();
  std::stop_token stop{};
  std::shared_ptr<Progress> progress{};  ///< in bytes of the input's tensors
};

/// Writes the model in `in` (a GGUF file, any part of a split one, or a folder) to `out`: a GGUF file if its name ends
/// in ".gguf", else a folder with config.json and model.safetensors. Tokenizer and chat template go along, in
/// GGUF files both as they are and, where its keys give the same ids, in the words of llama.cpp (`tokenizer.ggml.*`).
/// A GGUF file of a family that llama.cpp does not name has the architecture "ondol.<model type>".
/// @throws Error not_found, io, bad_file; unsupported: names what cannot be written; invalid_argument: names the type;
///         cancelled. An old `out` stays unless all is written.
ONDOL_API void convert(std::string_view in, std::string_view out, const ConvertOptions& options = {});

/// The types that `convert` takes, in lower case.
[[nodiscard]] ONDOL_API std::vector<std::string> convert_types();

}  // namespace ondol
