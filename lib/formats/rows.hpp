#pragma once

#include "formats/format.hpp"

namespace ondol::storage {

/// The formats, each defined in the file of its name; table.cpp lists them.
extern const Format f32, f16, bf16;
extern const Format q4_0, q4_1, q5_0, q5_1, q8_0;
extern const Format q2_k, q3_k, q4_k, q5_k, q6_k;
extern const Format iq4_nl, iq4_xs;

}  // namespace ondol::storage
