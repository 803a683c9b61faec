#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ondol {

/// Instruction sets that kernels are compiled for, weakest first; neon is ARMv8.2's with dot products and FP16.
enum class Isa : std::uint8_t { base, avx2, avxvnni, avx512, avx512vnni, neon };

[[nodiscard]] std::string_view isa_name(Isa isa) noexcept;
/// The instruction sets this CPU (and its system) can run, weakest first; never empty.
[[nodiscard]] std::span<const Isa> available_isas() noexcept;
/// The one to use: `name`, or if empty the environment variable ONDOL_ISA, or the best available.
/// @throws Error invalid_argument: unknown name, or one this CPU lacks.
[[nodiscard]] Isa choose_isa(std::string_view name);

}  // namespace ondol
