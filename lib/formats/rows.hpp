#pragma once

#include "formats/format.hpp"

namespace ondol::storage {

/// The formats, each defined in the file of its name (integers share one); table.cpp lists them.
extern const Format f64, f32, f16, bf16, f8_e4m3, f8_e5m2;
extern const Format i8, i16, i32, i64, u8, boolean;
extern const Format q1_0, q2_0, q4_0, q4_1, q5_0, q5_1, q8_0;
extern const Format q2_k, q3_k, q4_k, q5_k, q6_k;
extern const Format iq1_s, iq1_m, iq2_xxs, iq2_xs, iq2_s, iq3_xxs, iq3_s, iq4_nl, iq4_xs;
extern const Format tq1_0, tq2_0, mxfp4, nvfp4;

}  // namespace ondol::storage
