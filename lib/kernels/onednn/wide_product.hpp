#pragma once

#include <cstddef>

#include "kernels/float_products.hpp"

namespace ondol::onednn {

/// oneDNN's sgemm as floats::WideProduct for `columns` columns, or null where it does not sum in our order. Rows of a
/// product must not depend on how many rows there are, and oneDNN promises no order: so it is only ever called with one
/// shape, and compared with our `bodies` once a process for each number of columns in a chunk. Thread-safe.
[[nodiscard]] floats::WideProduct wide_product(std::size_t columns, const FloatKernels& bodies) noexcept;

/// Whether calls run on the calling thread alone: our own workers share out the work.
[[nodiscard]] bool one_thread_a_call() noexcept;

}  // namespace ondol::onednn
