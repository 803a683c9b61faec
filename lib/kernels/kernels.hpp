#pragma once

#include "runtime/arena.hpp"
#include "runtime/cpu.hpp"
#include "runtime/state.hpp"
#include "runtime/thread_pool.hpp"

namespace ondol {

struct ElementwiseKernels;
struct AttentionKernels;
struct FloatKernels;
struct QuantisedKernels;
struct BlockFloatKernels;
struct RecurrenceKernels;

/// The bodies compiled for one instruction set.
struct Kernels {
  Isa isa;
  const ElementwiseKernels* elementwise;  ///< kernels/elementwise.hpp
  const AttentionKernels* attention;      ///< kernels/attention.hpp
  const FloatKernels* float_products;     ///< kernels/float_products.hpp
  const QuantisedKernels* quantised;      ///< kernels/quantised_products.hpp
  const BlockFloatKernels* block_float;   ///< kernels/block_float.hpp
  const RecurrenceKernels* recurrence;    ///< kernels/recurrence.hpp
};

/// @return the bodies for `isa`, which the CPU must have.
[[nodiscard]] const Kernels& kernels(Isa isa) noexcept;

/// What every computing function is handed: threads, bodies, scratch memory.
struct Compute {
  ThreadPool& pool;
  const Kernels& kernels;
  Arena& arena;
};

}  // namespace ondol
