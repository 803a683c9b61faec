#pragma once

#include <memory>
#include <stop_token>

#include "exclusive.hpp"
#include "ondol/generate.hpp"

namespace ondol::python {

/// A running generation with what stops it and tells how far its prefill is.
struct Running {
  std::stop_source stop;
  std::shared_ptr<Progress> progress;
  Exclusive<Generation> generation;

  Running(std::stop_source stop, std::shared_ptr<Progress> progress, Generation generation)
      : stop(std::move(stop)), progress(std::move(progress)), generation(std::move(generation)) {}
};

/// `options` with a stop and a progress of its own.
struct Controlled {
  std::stop_source stop;
  GenerateOptions options;

  explicit Controlled(const GenerateOptions& preset) : options(preset) {
    options.cancel = stop.get_token();
    options.prefill_progress = std::make_shared<Progress>();
  }
  [[nodiscard]] std::unique_ptr<Running> running(Generation generation) const {
    return std::make_unique<Running>(stop, options.prefill_progress, std::move(generation));
  }
};

}  // namespace ondol::python
