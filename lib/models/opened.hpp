#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "cache/cache.hpp"
#include "models/config.hpp"
#include "models/heads/head.hpp"
#include "models/recipe.hpp"
#include "models/transformer.hpp"
#include "models/weight_binder.hpp"
#include "ondol/model.hpp"

namespace ondol {

/// A model's file or folder taken apart: what it says, and what is bound to it. No weight has been read.
struct Opened {
  /// What may be missing.
  enum class Weights : std::uint8_t { required, may_be_absent };

  /// @param weights  may_be_absent: of a folder without weights those are taken to be there that config.json asks for.
  /// @throws Error as Model::load.
  Opened(std::string_view path, const LoadOptions& options, Weights weights = Weights::required);
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  [[nodiscard]] ModelInfo info() const;
  /// Bytes that the weights will take once they are loaded.
  [[nodiscard]] std::uint64_t weight_bytes() const noexcept;
  [[nodiscard]] std::uint64_t parameters() const noexcept { return binder.parameters(); }
  /// Those that a token makes use of.
  [[nodiscard]] std::uint64_t active_parameters() const;

  std::shared_ptr<const WeightSource> source;
  Config config;
  Config description;
  Recipe recipe;
  WeightBinder binder;
  std::unique_ptr<Transformer> network;
  std::unique_ptr<Transformer> encoder;  ///< of an encoder-decoder
  std::unique_ptr<Head> head;            ///< for labels; may be null
  CacheLayout layout;
  CacheLayout encoder_layout;  ///< of an encoder-decoder
};

/// Identifies architecture, hyper-parameters and weights, of which it reads the ends of each tensor.
[[nodiscard]] std::uint64_t fingerprint_of(const WeightSource& source, Precision precision);

/// Bytes of all tensors of a file.
[[nodiscard]] std::uint64_t tensor_bytes(const WeightSource& source) noexcept;

}  // namespace ondol
