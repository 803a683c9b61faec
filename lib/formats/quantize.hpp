#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/format.hpp"
#include "runtime/thread_pool.hpp"

namespace ondol {

/// Packs a matrix [rows][columns] on all threads; the bytes do not depend on how many there are.
/// @param importance  of each column; nullptr = unknown.
/// @param out         rows * columns / format.weights * format.bytes bytes.
/// @throws Error invalid_argument: columns that are not whole blocks, values that are not finite, an importance that is
///               negative or not finite, or none for a format that needs it; unsupported: a format that does not pack.
void quantize_rows(const Format& format, const float* in, std::uint64_t rows, std::uint64_t columns,
                   const float* importance, std::byte* out, ThreadPool& pool);

}  // namespace ondol
